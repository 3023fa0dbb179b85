"""Cities and districts as people write them, without the ORM."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[,;、，；\n]+")
_SPACES = re.compile(r"\s+")
# 宁波路 is a street in many cities; 宁波 or 宁波市 in front of an address is the city.
_NOT_A_CITY = "路街道巷弄里号大中东西南北"
_UNITS = "市区县州盟旗镇乡"


def fold(text):
    """Width, case and spaces do not tell places apart."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text or "").casefold())


def parse_places(text):
    """``[("宁波",), ("杭州", "萧山区")]`` of “宁波、杭州/萧山区”."""
    names = (part.split("/") for part in _SEPARATORS.split(text or ""))
    places = [tuple(filter(None, map(fold, parts))) for parts in names]
    return [place for place in places if place]


def _short(name):
    """Without the word for its kind, where enough is left: 宁波市 → 宁波."""
    return name[:-1] if len(name) > 2 and name[-1] in _UNITS else name


def _begins(text, name):
    """Whether an address begins with a city, a province in front or not."""
    if not text:
        return False
    pattern = rf"(?:[^\d]{{2,8}}?(?:省|自治区))?{re.escape(_short(name))}(.?)"
    found = re.match(pattern, text)
    return bool(found) and (
        found[1] == "" or found[1] in _UNITS or found[1] not in _NOT_A_CITY
    )


def count_parts(place, city, street=""):
    """How exactly an address lies in a place: number of its parts, 0 when it does not.

    >>> count_parts(("杭州", "萧山区"), "杭州市", "萧山区建设一路 66 号")
    2
    >>> count_parts(("杭州",), "", "宁波路 7 号")
    0

    :param place: the city, then perhaps the district; as of ``parse_places``
    :param city: city of the address
    :param street: the rest; read for the city where that is empty
    """
    city, street = fold(city), fold(street)
    first, *districts = place
    if not _begins(city or street, first):
        return 0
    rest = city + street
    if all(district in rest for district in districts):
        return len(place)
    return 0


def has_city(city, street=""):
    """Whether an address tells its city: in its field, or written out (…市)."""
    return bool(fold(city)) or bool(re.match(r"[^\d路街]{2,12}市", fold(street)))
