from scribble_samples import encode, gray_copy, layer, scribble_on


def test_scribble_colors_the_photograph_and_is_told(call, folder):
    (folder / "scan.png").write_bytes(encode(gray_copy().convert("L")))
    (folder / "colors.png").write_bytes(encode(scribble_on(layer(), 2)))
    result = call("colorize", "scan.png", "--scribble", "colors.png")
    assert result.status == 0
    assert "colors.png: 5 strokes became marks" in result.out
    again = call("colorize", "scan.png", "--scribble", "colors.png")
    assert again.out.startswith("skipped")
    (folder / "colors.png").write_bytes(encode(scribble_on(layer(), 3)))
    assert (
        call("colorize", "scan.png", "--scribble", "colors.png").status == 1
    )  # another scribble, other colors


def test_bad_scribbles_are_one_line(call, folder):
    (folder / "scan.png").write_bytes(encode(gray_copy().convert("L").crop((0, 0, 200, 100))))
    (folder / "colors.png").write_bytes(encode(scribble_on(layer())))
    refused = call("colorize", "scan.png", "--scribble", "colors.png")
    assert refused.status == 1
    assert "the scribble has 256 x 256 pixels" in refused.error
    (folder / "gray.png").write_bytes(encode(gray_copy()))
    refused = call("colorize", "scan.png", "--scribble", "gray.png")
    assert (refused.status, refused.error.split(";")[0]) == (2, "gray.png: there is no paint on it")
    assert call("colorize", "scan.png", "--scribble", "no.png").error.startswith("no.png: ")
