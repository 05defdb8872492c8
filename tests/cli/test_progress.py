import io
from contextlib import redirect_stderr

from jaxgen.cli.progress import Progress, counted


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_a_terminal_a_report_is_one_line(capsys):
    progress = Progress("train", total=10)
    progress.advance()
    progress.report(1, {"coarse/l1": 0.123456, "images_per_second": 50.0})
    progress.close()
    want = "train: step 1/10: coarse/l1 0.1235, images_per_second 50\n"
    assert capsys.readouterr().err == want


def test_losses_and_the_speed_are_shown_but_no_rates_and_gradients(capsys):
    progress = Progress("train", 10)
    values = {"a/l1": 0.5, "a/gradient/net": 3.0, "images_per_second": 9.0}
    progress.report(1, {**values, "rate/net": 1e-3})
    progress.close()
    said = capsys.readouterr().err
    assert "train: step 1/10: a/l1 0.5, images_per_second 9\n" in said


def test_on_a_terminal_there_is_a_bar_with_numbers_and_no_lines():
    with redirect_stderr(Terminal()) as screen:
        progress = Progress("train", total=10, start=4)
        progress.advance()
        progress.report(5, {"coarse/l1": 0.5})
        progress.close()
    shown = screen.getvalue()
    assert "5/10" in shown and "coarse/l1 0.5" in shown
    assert "step 5/10:" not in shown


def test_batches_pass_and_their_samples_are_counted():
    with redirect_stderr(Terminal()) as screen:
        passed = list(counted([[1, 2], [3]], len, "evaluate", total=3))
    assert passed == [[1, 2], [3]]
    assert "evaluate" in screen.getvalue() and "3/3" in screen.getvalue()


def test_without_a_terminal_nothing_is_said_of_batches(capsys):
    assert list(counted(iter("ab"), len, "evaluate")) == ["a", "b"]
    assert capsys.readouterr().err == ""
