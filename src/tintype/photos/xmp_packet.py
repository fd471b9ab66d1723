"""XMP packets: parsed, searched, changed and written again with every other property as it was.

Structure after ISO 16684-1 (XMP part 1) and, for packets over 64 KB in JPEG, Adobe's XMP part 3, 1.1.3.1.
A document object model is used because it keeps prefixes, order and comments; its own writer is not, because
before Python 3.13 it loses line breaks in attributes.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from xml.dom import Node, minidom
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES: Mapping[str, str] = {
    "rdf": RDF,
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "tintype": "urn:x-tintype:mark:1.0#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
EXTENDED_HEADER = b"http://ns.adobe.com/xmp/extension/\0"

_XMLNS = "http://www.w3.org/2000/xmlns/"
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"/></x:xmpmeta>'
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'
_LARGEST = 64 << 20
_DEEPEST = 100
_EXTENDED_STEP = 65_000
_ATTRIBUTE_ENTITIES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


class XmpError(ValueError):
    """The packet is not well-formed XMP, or is built to hurt (entities, depth, size)."""


def parse_packet(packet: bytes | None) -> minidom.Document:
    """Return a packet as a document whose root holds an ``rdf:RDF``; without a packet an empty one.

    Raises:
        XmpError: see there. A document type declaration, which XMP has no use for, is refused: it is the
            way to entity bombs and to other files.
    """
    text = _decode(packet) if packet is not None and packet.strip(b"\0 \r\n\t") else _EMPTY
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise XmpError("it has a document type declaration")
    try:
        document = minidom.parseString(text.encode())
    except (ExpatError, UnicodeEncodeError) as error:
        raise XmpError(f"it is not well-formed XML ({error})") from error
    _check_depth(document)
    if not document.getElementsByTagNameNS(RDF, "RDF"):
        raise XmpError("it has no rdf:RDF")
    return document


def _check_depth(document: minidom.Document) -> None:
    """Refuse what is nested deeper than Python can recurse; no real packet comes near."""
    level: list[Node] = list(document.childNodes)
    for _ in range(_DEEPEST):
        level = [child for node in level if isinstance(node, minidom.Element) for child in node.childNodes]
        if not level:
            return
    raise XmpError(f"its elements are nested more than {_DEEPEST} deep")


def _decode(packet: bytes) -> str:
    if len(packet) > _LARGEST:
        raise XmpError(f"it has {len(packet)} bytes")
    by_head = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
    encoding = by_head.get(packet[:2], "utf-8")
    try:
        text = packet.decode(encoding).strip("\ufeff\0 \r\n\t")
    except UnicodeDecodeError as error:
        raise XmpError(f"it is not {encoding} text") from error
    # The declaration names the encoding of the bytes, which are decoded by now.
    return re.sub(r"^<\?xml\s.*?\?>", "", text, flags=re.DOTALL)


def write_packet(document: minidom.Document) -> bytes:
    """Return a document as a packet in UTF-8, with the processing instructions that scanners look for."""
    return (_BEGIN + _write_root(document) + _END).encode()


def _write_root(document: minidom.Document) -> str:
    root = document.documentElement
    if root is None:
        raise XmpError("it is empty")
    return "".join(_write_node(root))


def _write_node(node: Node) -> Iterator[str]:
    if isinstance(node, minidom.Element):
        yield from _write_element(node)
    elif isinstance(node, minidom.CDATASection | minidom.Text):
        yield escape(node.data, {"\r": "&#13;"})
    elif isinstance(node, minidom.Comment):
        yield f"<!--{node.data}-->"
    elif isinstance(node, minidom.ProcessingInstruction):
        yield f"<?{node.target} {node.data}?>"


def _write_element(element: minidom.Element) -> Iterator[str]:
    yield f"<{element.tagName}"
    for name, value in element.attributes.items():
        yield f' {name}="{escape(value, _ATTRIBUTE_ENTITIES)}"'
    if not element.childNodes:
        yield "/>"
        return
    yield ">"
    for child in element.childNodes:
        yield from _write_node(child)
    yield f"</{element.tagName}>"


def _find_rdf(document: minidom.Document) -> minidom.Element:
    return document.getElementsByTagNameNS(RDF, "RDF")[0]


def list_descriptions(document: minidom.Document) -> list[minidom.Element]:
    """Return the top-level ``rdf:Description`` elements, which hold the properties."""
    children = _find_rdf(document).childNodes
    return [node for node in children if isinstance(node, minidom.Element) and node.namespaceURI == RDF]


def find_elements(document: minidom.Document, name: str) -> list[minidom.Element]:
    """Return the elements of a property, e.g. ``dc:title``; it may stand as an attribute instead."""
    space, local = _split(name)
    return [
        node
        for description in list_descriptions(document)
        for node in description.childNodes
        if isinstance(node, minidom.Element) and (node.namespaceURI, node.localName) == (space, local)
    ]


def find_text(document: minidom.Document, name: str) -> str | None:
    """Return the text of a simple property, whichever of RDF's two forms it has; None without it."""
    space, local = _split(name)
    for description in list_descriptions(document):
        if description.hasAttributeNS(space, local):
            return str(description.getAttributeNS(space, local))
    elements = find_elements(document, name)
    return _collect_text(elements[0]).strip() if elements else None


def has_property(document: minidom.Document, name: str) -> bool:
    """Whether a property is there in either form."""
    return find_text(document, name) is not None


def remove_property(document: minidom.Document, name: str) -> bool:
    """Remove a property in whichever form and return whether it was there."""
    space, local = _split(name)
    elements = find_elements(document, name)
    for element in elements:
        if element.parentNode is not None:
            element.parentNode.removeChild(element)
    holders = [it for it in list_descriptions(document) if it.hasAttributeNS(space, local)]
    for holder in holders:
        holder.removeAttributeNS(space, local)
    return bool(elements or holders)


def remove_namespace(document: minidom.Document, uri: str) -> None:
    """Remove all properties of a namespace."""
    for description in list_descriptions(document):
        for name, _ in list(description.attributes.itemsNS()):
            if name[0] == uri:
                description.removeAttributeNS(uri, name[1])
        for node in list(description.childNodes):
            if isinstance(node, minidom.Element) and node.namespaceURI == uri:
                description.removeChild(node)


def correct_properties(document: minidom.Document, values: Mapping[str, object]) -> None:
    """Give the properties that are there new values; those that are not stay away."""
    present = {name: value for name, value in values.items() if remove_property(document, name)}
    if present:
        add_properties(document, present)


def add_properties(document: minidom.Document, properties: Mapping[str, object]) -> None:
    """Add properties, texts or tuples of texts (ordered lists), in a description of their own."""
    body = "".join(f"<{name}>{_render(value)}</{name}>" for name, value in properties.items())
    existing = list_descriptions(document)
    about = existing[0].getAttributeNS(RDF, "about") if existing else ""
    about = escape(about, _ATTRIBUTE_ENTITIES)
    fragment = parse_fragment(f'<rdf:Description rdf:about="{about}">{body}</rdf:Description>')
    _find_rdf(document).appendChild(document.importNode(fragment, deep=True))


def _render(value: object) -> str:
    if isinstance(value, tuple):
        return "<rdf:Seq>" + "".join(f"<rdf:li>{escape(str(item))}</rdf:li>" for item in value) + "</rdf:Seq>"
    return escape(str(value))


def parse_fragment(text: str) -> minidom.Element:
    """Return an element that uses the prefixes of `NAMESPACES`; those it uses are declared on it."""
    used = sorted(prefix for prefix in NAMESPACES if re.search(rf"[<\s]{prefix}:", text))
    declarations = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in used)
    try:
        element = minidom.parseString(
            re.sub(r"^<([\w:]+)", rf"<\1{declarations}", text).encode()
        ).documentElement
    except ExpatError as error:
        raise XmpError(f"a value can't stand in XML ({error})") from error
    if element is None:
        raise XmpError("an empty fragment")
    return element


def _split(name: str) -> tuple[str, str]:
    prefix, _, local = name.partition(":")
    return NAMESPACES[prefix], local


def _collect_text(node: Node) -> str:
    if isinstance(node, minidom.Text):
        return str(node.data)
    children = node.childNodes if isinstance(node, minidom.Element) else []
    return "".join(_collect_text(child) for child in children)


def merge_extended(document: minidom.Document, segments: Iterable[bytes]) -> None:
    """Join the extended XMP of a JPEG, given as its segments, to its main packet.

    Raises:
        XmpError: a part is missing or damaged; the main packet is unchanged then.
    """
    wanted = (find_text(document, "xmpNote:HasExtendedXMP") or "").encode()
    if not wanted:
        return
    parts: dict[int, bytes] = {}
    length = 0
    for segment in segments:
        body = segment.removeprefix(EXTENDED_HEADER)
        if body[:32] == wanted and len(body) > 40:
            length, offset = struct.unpack(">LL", body[32:40])
            parts[offset] = body[40:]
    joined = b"".join(parts[offset] for offset in sorted(parts))
    if not joined or len(joined) != length:
        raise XmpError("a part of its extended XMP is missing")
    for description in list_descriptions(parse_packet(joined)):
        _find_rdf(document).appendChild(document.importNode(description, deep=True))
    remove_property(document, "xmpNote:HasExtendedXMP")


def split_packet(packet: bytes, limit: int, kept: str) -> tuple[bytes, list[bytes]]:
    """Split a packet that is longer than a JPEG segment into a main one and segments of extended XMP.

    Args:
        packet: the whole.
        limit: the most bytes of the main packet.
        kept: prefix of `NAMESPACES`: the descriptions with properties of it stay in the main packet.

    Returns:
        The main packet and the data of the segments, header included; no segments where the packet fits.
    """
    if len(packet) <= limit:
        return packet, []
    rest, main = parse_packet(packet), parse_packet(None)
    for description in list_descriptions(rest):
        if any(node.namespaceURI == NAMESPACES[kept] for node in description.childNodes):
            _find_rdf(main).appendChild(main.importNode(description, deep=True))
            _find_rdf(rest).removeChild(description)
    extended = _write_root(rest).encode()
    digest = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
    add_properties(main, {"xmpNote:HasExtendedXMP": digest})
    head = EXTENDED_HEADER + digest.encode()
    segments = [
        head + struct.pack(">LL", len(extended), start) + extended[start : start + _EXTENDED_STEP]
        for start in range(0, len(extended), _EXTENDED_STEP)
    ]
    return write_packet(main), segments
