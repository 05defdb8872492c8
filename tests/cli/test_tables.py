from jaxgen.cli import tables


def record(value, key):
    return {"value": value, "key": key}


def test_one_row_never_holds_two_definitions():
    ours = {"ssim": record(0.5, "ssim-1"), "psnr": record("inf", "psnr-1")}
    theirs = {"ssim": record(0.7, "ssim-2"), "psnr": record(20.0, "psnr-1")}
    rows = [
        line.split() for line in tables.matrix([("a", ours), ("b", theirs)]).split("\n")
    ]
    assert rows == [
        ["a", "b", "definition"],
        ["ssim", "0.5000", "-", "ssim-1"],
        ["ssim", "-", "0.7000", "ssim-2"],
        ["psnr", "inf", "20.0000", "psnr-1"],
    ]


def test_results_of_one_name_are_two_columns():
    ours = {"ssim": record(0.5, "ssim-1")}
    text = tables.matrix([("a", ours), ("a", ours)], results_down=True)
    assert [line.split() for line in text.split("\n")] == [
        ["ssim"],
        ["a", "0.5000"],
        ["a", "0.5000"],
        ["definition", "ssim-1"],
    ]


def test_remarks_are_made_once_for_all_numbers_that_they_are_about():
    number = {
        **record(0.5, "mae-1"),
        "definition": {"real": "pictures of here, instead of the training split"},
        "undefined": ["a.png", "b.png"],
        "notes": ["few samples"],
    }
    reports = [
        {
            "result": name,
            "numbers": {"mae": number, "l1": number},
            "not_computed": {"fid": "it needs a file", "kid": "it needs a file"},
            "sentences": [f"all of {name} match."],
        }
        for name in "xy"
    ]
    text = tables.protocol_text(reports)
    assert text.count("fid, kid: it needs a file.") == 1
    assert text.count("mae, l1: few samples.") == 1
    assert "no number for 2 pictures (a.png, b.png)" in text
    assert "mae, l1: computed against pictures of here, instead of" in text
    assert "all of x match." in text and "all of y match." in text
