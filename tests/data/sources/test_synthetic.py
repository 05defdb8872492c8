from jaxgen.data.source import open_source


def test_it_offers_everything_that_is_drawn(data):
    assert set(open_source(data, "train").features) == {
        *("image", "keypoints", "visible", "parsing", "mask"),
        *("betas", "smpl_pose", "camera", "face_box"),
    }


def test_options_of_the_drawing_are_known_keys(data):
    options = {"people": 3, "frames": 4, "dataset_seed": 5, "framing": "mixed"}
    assert len(open_source(data | options, "test").records) == 8
