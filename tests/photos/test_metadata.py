"""XMP packets and EXIF blocks are corrected without a loss, whoever wrote them and whatever is in them."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.photos.exif_block import (
    ExifError,
    exif_for_result,
    fit_exif,
    has_thumbnail,
    remove_orientation,
)
from tintype.photos.formats.tiff_tags import read_block
from tintype.photos.metadata import (
    DIGITAL_SOURCE_TYPE,
    Mark,
    ResultFacts,
    XmpError,
    mark_from_xmp,
    read_mark,
    xmp_for_result,
    xmp_with_mark,
)
from tintype.photos.xmp_packet import find_text, list_descriptions, parse_packet, split_packet, write_packet
from written_samples import MARK, canon_exif

FACTS = ResultFacts(height=30, width=40)
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def packet(body, *, root="x:xmpmeta", about=""):
    return (
        f'<{root} xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="{about}" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:my="http://example.org/my/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
        'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" '
        f'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {body}</rdf:RDF></{root}>'
    ).encode()


def marked(xmp, **options):
    return parse_packet(xmp_with_mark(xmp, MARK, FACTS, **options))


def test_mark_of_a_new_packet_is_read_back():
    assert mark_from_xmp(xmp_with_mark(None, MARK, FACTS)) == MARK


@given(st.builds(Mark, *[st.text(min_size=1, max_size=40)] * 6))
@settings(max_examples=50, deadline=None)
def test_any_text_leaves_a_packet_that_can_be_parsed(mark):
    found = mark_from_xmp(xmp_with_mark(None, mark, FACTS))
    if mark.model.strip().isalnum() and mark.result_digest.strip().isalnum():
        assert found.model == mark.model.strip()


def test_attributes_and_elements_keep_prefix_order_and_white_space():
    body = 'my:note="line&#10;two&#9;tab &quot;q&quot; &lt;"><my:text xml:lang="x"> a &amp; b </my:text>'
    body += "</rdf:Description>"
    result = xmp_with_mark(packet(body), MARK, FACTS).decode()
    assert 'my:note="line&#10;two&#9;tab &quot;q&quot; &lt;"' in result
    assert '<my:text xml:lang="x"> a &amp; b </my:text>' in result


def test_comments_and_structures_survive():
    body = '><!-- by hand --><my:a rdf:parseType="Resource"><my:b>1</my:b></my:a></rdf:Description>'
    assert b'<!-- by hand --><my:a rdf:parseType="Resource"><my:b>1</my:b></my:a>' in xmp_with_mark(
        packet(body), MARK, FACTS
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_of_xmp_is_read(encoding):
    text = packet('my:note="Größe"/>').decode()
    declared = f'<?xml version="1.0" encoding="{encoding[:6]}"?>' if "utf-16" in encoding else ""
    result = marked((declared + text).encode(encoding) + b"\0\0")
    assert list_descriptions(result)[0].getAttribute("my:note") == "Größe"


def test_packet_without_wrapper_is_read():
    bare = packet('my:note="1"/>').split(b">", 1)[1].rsplit(b"</x:xmpmeta>", 1)[0]
    assert list_descriptions(marked(bare))[0].getAttribute("my:note") == "1"


@pytest.mark.parametrize(
    "bad",
    [
        b"not xml",
        b"<a/>",
        b"\xff\xff\xff\xff",
        packet('my:note="1"/>')[:-20],
        b"<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>" + packet('my:note="&b;"/>'),
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + packet('my:note="1"/>'),
        packet(">" + "<my:a>" * 5000 + "</my:a>" * 5000 + "</rdf:Description>"),
    ],
    ids=["text", "other", "bytes", "cut", "bomb", "external", "deep"],
)
def test_what_is_no_packet_is_refused(bad):
    with pytest.raises(XmpError):
        xmp_with_mark(bad, MARK, FACTS)
    assert mark_from_xmp(bad) is None


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_packets_are_refused_or_corrected(data):
    good = bytearray(packet('my:note="1" tiff:ImageWidth="3"><dc:title>x</dc:title></rdf:Description>'))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        result = xmp_with_mark(bytes(good), MARK, FACTS)
    except XmpError:
        return
    assert mark_from_xmp(result) == MARK


def test_existing_instructions_are_not_touched():
    result = marked(packet('photoshop:Instructions="Handle with care"/>'))
    assert find_text(result, "photoshop:Instructions") == "Handle with care"


def test_instructions_in_iptc_records_are_not_contradicted():
    assert find_text(marked(None, instructed=True), "photoshop:Instructions") is None
    assert find_text(marked(None), "photoshop:Instructions") == MARK.sentence


def test_system_used_before_is_kept():
    result = marked(packet('Iptc4xmpExt:AISystemUsed="Upscaler 3"/>'))
    assert find_text(result, "Iptc4xmpExt:AISystemUsed") == f"Upscaler 3; {MARK.system}"
    again = parse_packet(xmp_with_mark(write_packet(result), MARK, FACTS))
    assert find_text(again, "Iptc4xmpExt:AISystemUsed") == f"Upscaler 3; {MARK.system}"


def test_coloring_a_result_again_leaves_one_mark():
    other = Mark("other@2", "0.2.0", "", "aa", "bb", "Again.")
    again = xmp_with_mark(xmp_with_mark(None, MARK, FACTS), other, FACTS)
    assert mark_from_xmp(again) == other
    assert again.count(b"<Iptc4xmpExt:DigitalSourceType>") == 1
    assert again.count(DIGITAL_SOURCE_TYPE.encode()) == 1


def test_history_in_another_form_is_left_alone():
    history = '<xmpMM:History rdf:parseType="Resource"><stEvt:action>odd</stEvt:action></xmpMM:History>'
    result = xmp_with_mark(packet(f">{history}</rdf:Description>"), MARK, FACTS)
    assert history.encode() in result
    assert result.count(b"stEvt:action>") == 2


def test_corrections_reach_attributes_and_elements():
    body = (
        'tiff:ImageWidth="9" photoshop:ColorMode="1"><tiff:ImageLength>8</tiff:ImageLength>'
        "<tiff:BitsPerSample><rdf:Seq><rdf:li>16</rdf:li></rdf:Seq></tiff:BitsPerSample></rdf:Description>"
    )
    result = parse_packet(xmp_for_result(packet(body), FACTS, None))
    assert find_text(result, "tiff:ImageWidth") == "40"
    assert find_text(result, "tiff:ImageLength") == "30"
    assert find_text(result, "tiff:BitsPerSample") == "888"
    assert find_text(result, "photoshop:ColorMode") == "3"
    assert find_text(result, "tiff:Orientation") is None


def test_about_is_the_same_everywhere():
    result = marked(packet('my:note="1"/>', about="uuid:1&amp;2"))
    assert {it.getAttributeNS(RDF, "about") for it in list_descriptions(result)} == {"uuid:1&2"}


def test_nothing_to_say_makes_no_packet():
    assert xmp_for_result(None, FACTS, None) is None


def test_split_packet_keeps_the_mark_in_front():
    long = xmp_with_mark(packet(f'my:note="{"x" * 200_000}"/>'), MARK, FACTS)
    main, segments = split_packet(long, 65_000, kept="tintype")
    assert len(main) < 65_000
    assert mark_from_xmp(main) == MARK
    assert len(segments) == 4
    assert max(map(len, segments)) < 65_533
    assert split_packet(main, 65_000, kept="tintype") == (main, [])


def test_missing_part_of_extended_xmp_is_an_error():
    long = xmp_with_mark(packet(f'my:note="{"x" * 200_000}"/>'), MARK, FACTS)
    main, segments = split_packet(long, 65_000, kept="tintype")
    whole = parse_packet(xmp_for_result(main, FACTS, None, extended=segments))
    assert any(it.getAttribute("my:note") == "x" * 200_000 for it in list_descriptions(whole))
    with pytest.raises(XmpError, match="missing"):
        xmp_for_result(main, FACTS, None, extended=segments[1:])


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF\0\0\0\0WEBP"]
)
def test_files_without_a_mark_have_none(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert read_mark(path) is None
    assert read_mark(tmp_path / "missing") is None


# EXIF


def exif_with_thumbnail(order="<", tail=b"", compression=6):
    """Return a block: orientation, Exif directory, thumbnail directory, thumbnail, and what follows it."""
    mark = b"II*\0" if order == "<" else b"MM\0*"

    def entry(tag, kind, count, value):
        return struct.pack(order + "HHL", tag, kind, count) + value

    def long(value):
        return struct.pack(order + "L", value)

    def short(value):
        return struct.pack(order + "Hxx", value)

    main, camera, second = 8, 8 + 2 + 3 * 12 + 4, 8 + 2 + 3 * 12 + 4 + 2 + 3 * 12 + 4
    thumbnail = second + 2 + 3 * 12 + 4
    data = mark + long(main)
    data += struct.pack(order + "H", 3) + entry(258, 3, 1, short(16)) + entry(274, 3, 1, short(8))
    data += entry(34665, 4, 1, long(camera)) + long(second)
    data += struct.pack(order + "H", 3) + entry(0xA001, 3, 1, short(0xFFFF)) + entry(0xA002, 3, 1, short(1))
    data += entry(0xA003, 4, 1, long(2)) + long(0)
    data += (
        struct.pack(order + "H", 3) + entry(259, 3, 1, short(compression)) + entry(513, 4, 1, long(thumbnail))
    )
    data += entry(514, 4, 1, long(9)) + long(0)
    return data + b"THUMBNAIL" + tail


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_is_corrected_in_place(order):
    block = read_block(exif_for_result(exif_with_thumbnail(order), 70_000, 40, b"new", bits=8))
    assert block.values(274) == (1,)
    assert block.values(258) == (8, 8, 8)
    camera = block.children[34665]
    assert camera.values(0xA001) == (1,)
    assert camera.values(0xA002) == (40,)
    assert camera.values(0xA003) == (70_000,)


def test_short_that_is_too_small_becomes_long():
    block = read_block(exif_for_result(exif_with_thumbnail(), 10, 70_000))
    assert block.children[34665].values(0xA002) == (70_000,)


@pytest.mark.parametrize("tail", [b"", b"\0", b"MAKER DATA BEHIND"])
def test_old_thumbnail_is_gone_and_what_follows_it_stays(tail):
    before = exif_with_thumbnail(tail=tail)
    after = exif_for_result(before, 30, 40, b"\xff\xd8new thumbnail")
    assert b"THUMBNAIL" not in after
    assert b"\xff\xd8new thumbnail" in after
    if len(tail) > 4:
        assert after.index(tail) == before.index(tail)
    assert has_thumbnail(after)


def test_thumbnail_that_is_not_made_anew_is_gone():
    after = exif_for_result(exif_with_thumbnail(), 30, 40)
    assert b"THUMBNAIL" not in after
    assert not has_thumbnail(after)


def test_block_without_thumbnail_gets_none():
    assert not has_thumbnail(exif_for_result(canon_exif(), 30, 40, b"new"))


def test_thumbnail_that_overlaps_a_directory_is_not_blanked():
    before = bytearray(exif_with_thumbnail())
    place = before.index(struct.pack("<HHL", 513, 4, 1)) + 8
    before[place : place + 4] = struct.pack("<L", 8)  # claims to lie where the first directory is
    block = read_block(exif_for_result(bytes(before), 30, 40, b"new"))
    assert block.values(274) == (1,)


def test_nothing_but_the_corrections_is_changed():
    before = canon_exif()
    after = exif_for_result(before, 8888, 9999)
    assert after == before


def test_remove_orientation_leaves_the_rest():
    block = read_block(remove_orientation(canon_exif()))
    assert 274 not in block.tags
    assert block.content(272) == b"Canon PowerShot S10\0"
    assert block.children[34665].tags[0x927C].count > 0


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"II*\0",
        b"garbage!" * 4,
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\xff\xff\xff\xff" + bytes(20),
        canon_exif()[:30],
    ],
)
def test_damaged_block_is_an_error(bad):
    with pytest.raises(ExifError):
        exif_for_result(bad, 30, 40, b"new")
    assert not has_thumbnail(bad)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_blocks_are_refused_or_corrected(data):
    block = bytearray(
        data.draw(st.sampled_from([canon_exif(), exif_with_thumbnail(), exif_with_thumbnail(">")]))
    )
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(4, len(block) - 1))] = data.draw(st.integers(0, 255))
    del block[data.draw(st.integers(8, len(block))) :]
    try:
        result = exif_for_result(bytes(block), 30, 40, b"new")
    except ExifError:
        return
    assert len(result) < len(block) + 200
    fit_exif(result, 50)


def test_fitting_drops_the_largest_value_first():
    directory = read_block(canon_exif())
    exif, dropped = fit_exif(canon_exif(), len(canon_exif()) - 10)
    assert dropped == (0x927C,)
    assert read_block(exif).content(272) == directory.content(272)
    assert fit_exif(canon_exif(), 10_000) == (canon_exif(), ())
