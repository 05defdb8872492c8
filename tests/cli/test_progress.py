import io
from contextlib import redirect_stderr

from jaxgen.cli.progress import Progress


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


def test_four_numbers_and_the_speed_are_shown_but_no_rates(capsys):
    numbers = {"rate/net": 1e-4} | {f"term{i}": float(i) for i in range(6)}
    Progress("train", 10).report(1, numbers | {"images_per_second": 9.0})
    said = capsys.readouterr().err
    assert "term3 3, images_per_second 9\n" in said
    assert "term4" not in said and "rate" not in said


def test_on_a_terminal_there_is_a_bar_with_numbers_and_no_lines():
    with redirect_stderr(Terminal()) as screen:
        progress = Progress("train", total=10, start=4)
        progress.advance()
        progress.report(5, {"coarse/l1": 0.5})
        progress.close()
    shown = screen.getvalue()
    assert "5/10" in shown and "coarse/l1 0.5" in shown
    assert "step 5/10:" not in shown
