import pytest

from jaxgen.runtime import processes


@pytest.mark.parametrize(
    "where",
    ["", "here", "host:1,2", "host,2,0", "host:1,2,2", "host:1,0,0", "1,2,0"]
    + ["host:0,2,0", "host:99999,2,0"],
)
def test_what_names_no_place_count_and_index_is_refused(where):
    with pytest.raises(ValueError, match="HOST:PORT,COUNT,INDEX"):
        with processes.joined(where):
            pass


def test_a_place_may_be_named_or_numbered():
    named = processes._explicit("node-1.cluster:8476,16,15")
    assert named["coordinator_address"] == "node-1.cluster:8476"
    assert (named["num_processes"], named["process_id"]) == (16, 15)
    assert processes._explicit("[::1]:80,2,0")["coordinator_address"] == "[::1]:80"


def test_one_process_is_the_first_hears_itself_and_leaves_as_it_likes():
    with processes.joined(None):
        assert processes.is_first()
        assert processes.said_by_first("word", "yes") == "yes"
        assert processes.leave(2, "a sentence") is None


def test_errors_of_one_process_are_its_own():
    with pytest.raises(ValueError, match="mine"), processes.joined(None):
        raise ValueError("mine")
