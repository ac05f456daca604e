"""A line as people type it, and its plain form, which patterns read.

The plain form is lower case, with straight quotes, single spaces
(or one line break), contractions spelt out
("you'll" is "you will"), common short forms and slips mended ("u", "dont", "recieve"), look-alike
letters of other scripts and invisible characters resolved. Each of its characters knows which
characters of the original it stands for, so that what is found always fits what was typed.
Of a talk that was written down turn by turn it is what the seller says, as far as the speakers' names tell who that is.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache

LONGEST = 20_000  # characters that are read; a seller's line has a few hundred


@dataclass(frozen=True)
class Text:
    """A line (`original`), its `plain` form, and where each plain character came from."""

    original: str
    plain: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that plain[start:end] stands for."""
        return self.starts[start], self.ends[end - 1]


# Letters of other scripts that look like Latin ones (a selection of Unicode's confusables).
_LOOK_ALIKES = dict(
    zip(
        "асеорхуікјѕһԁԛԝтмнвгαοερτυνκιχѵɡıⅼ",
        "aceopxyikjshdqwtmhbraoeptuvkixvgil",
        strict=True,
    )
)
_SAME = {
    "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
    "–": "-", "—": "-", "―": "-", "‒": "-", "−": "-", "‐": "-", "‑": "-",
    "…": ".", "¿": "?", "¡": "!", "。": ".", "，": ",", "？": "?", "！": "!",
}  # fmt: skip

_NOT = {"is", "are", "was", "were", "do", "does", "did", "has", "have", "had", "would", "could",
        "should", "must", "need", "might", "ca", "wo", "sha", "ai"}  # fmt: skip
_NOT_WORDS = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
_ENDINGS = {"'ll": " will", "'re": " are", "'ve": " have", "'m": " am", "'d": " would"}
_IS = {"that", "it", "what", "there", "here", "who", "how", "where", "when", "he", "she", "everything",
       "nothing", "something", "all", "why", "one", "else", "name", "everyone", "nobody"}  # fmt: skip
_BARE = {  # contractions typed without their apostrophe, where no other word is spelt so
    "im": "i am", "ive": "i have", "youre": "you are", "youll": "you will", "youve": "you have",
    "youd": "you would", "theyre": "they are", "theyll": "they will", "theyve": "they have",
    "weve": "we have", "thats": "that is", "thatll": "that will", "whats": "what is",
    "theres": "there is", "heres": "here is", "lets": "let us", "its": "it is", "itll": "it will",
    "hes": "he is", "shes": "she is", "hows": "how is", "wheres": "where is", "whos": "who is",
    "cant": "can not", "wont": "will not", "shouldve": "should have", "wouldve": "would have",
    "couldve": "could have", "arent": "are not", "aint": "is not",
} | {f"{w}nt": f"{w} not" for w in _NOT - {"ca", "wo", "sha", "ai", "might", "need"}}  # fmt: skip
_SHORT = {
    "u": "you", "ur": "your", "r": "are", "ya": "you", "yall": "you all", "y'all": "you all",
    "thx": "thanks", "thanx": "thanks", "tx": "thanks", "ty": "thank you", "pls": "please",
    "plz": "please", "b4": "before", "gr8": "great", "lmk": "let me know", "idk": "i do not know",
    "tbh": "to be honest", "btw": "by the way", "fyi": "for your information", "asap": "as soon as possible",
    "imo": "in my opinion", "ppl": "people", "w/o": "without", "w/": "with", "cos": "because",
    "cuz": "because", "coz": "because", "bc": "because", "tho": "though", "thru": "through",
    "gonna": "going to", "wanna": "want to", "gotta": "have to", "gimme": "give me",
    "lemme": "let me", "kinda": "kind of", "sorta": "sort of", "dunno": "do not know",
    "outta": "out of", "oughta": "ought to", "hafta": "have to", "needa": "need to",
    "cannot": "can not", "tomoro": "tomorrow", "tmrw": "tomorrow", "2moro": "tomorrow",
    "yr": "your", "bout": "about", "'em": "them", "c'mon": "come on", "let's": "let us",
    "you'd've": "you would have", "ok": "okay", "k": "okay", "o.k.": "okay", "alright": "all right",
    "til": "till", "until": "till", "&": "and", "everybody": "everyone", "anybody": "anyone",
    "nobody": "no one", "somebody": "someone", "noone": "no one",
}  # fmt: skip
_SLIPS = {
    "recieve": "receive", "definately": "definitely", "definatly": "definitely", "defiantly": "definitely",
    "garantee": "guarantee", "guarentee": "guarantee", "gaurantee": "guarantee", "beleive": "believe",
    "belive": "believe", "oppurtunity": "opportunity", "oportunity": "opportunity",
    "opertunity": "opportunity", "intrested": "interested", "intersted": "interested",
    "seperate": "separate", "desicion": "decision", "descision": "decision", "decison": "decision",
    "tommorow": "tomorrow", "tommorrow": "tomorrow", "tomorow": "tomorrow", "wich": "which",
    "becuase": "because", "becouse": "because", "teh": "the", "hte": "the", "yuo": "you", "yuor": "your",
    "waht": "what", "woudl": "would", "shoudl": "should", "coudl": "could", "knwo": "know",
    "liek": "like", "jsut": "just", "dont'": "do not", "realy": "really", "realise": "realize",
    "truely": "truly", "untill": "till", "convice": "convince", "garanteed": "guaranteed",
    "guarenteed": "guaranteed", "prefere": "prefer", "wether": "whether", "weather or not": "whether or not",
    "thier": "their", "freind": "friend", "buisness": "business", "bussiness": "business",
    "adress": "address", "confortable": "comfortable", "comfortble": "comfortable", "questoin": "question",
    "quesiton": "question", "probaly": "probably", "prolly": "probably", "probly": "probably",
    "somthing": "something", "anyting": "anything", "everyting": "everything", "hapy": "happy",
    "welcom": "welcome", "necesary": "necessary", "neccessary": "necessary", "excelent": "excellent",
}  # fmt: skip
_WORDS = _SHORT | _BARE | _SLIPS
_LET_DOWN = {"better"}  # "you'd better" is "you had better"

_WORD = re.compile(r"[a-z0-9&]+(?:/o\b|(?='em\b)|(?:'[a-z]+)+|/(?!\w))?|'em\b")


@cache
def _spelt_out(word: str, following: str) -> str:
    """A word's plain spelling, which may be several words."""
    if word in _WORDS:
        return _WORDS[word]
    if "'" not in word:
        return word
    stem, _, ending = word.rpartition("'")
    ending = "'" + ending
    if ending == "'t" and stem.endswith("n") and stem[:-1] in _NOT:
        return f"{_NOT_WORDS.get(stem[:-1], stem[:-1])} not"
    if word == "can't":
        return "can not"
    if word == "won't":
        return "will not"
    if ending == "'d" and following in _LET_DOWN:
        return f"{stem} had"
    if ending in _ENDINGS:
        return stem + _ENDINGS[ending]
    if ending == "'s" and stem in _IS:
        return f"{stem} is"
    return word


_TURN = re.compile(
    r"^[ \t]*([A-Z][\w.'’-]*(?: [\w.'’-]+){0,2})(?: \([^()\n]{1,30}\))?:(?=\s)", re.M
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n(?=\s*\S)")
_SELLS = re.compile(
    r"seller|sales\w*|rep|agent|vendor|advis[eo]r|consultant|support|shop|clerk|assistant|dealer|trader|me"
)
_BUYS = re.compile(
    r"buyer|customer|client|prospect|purchaser|shopper|guest|visitor|patient|lead|donor|tenant|user"
)


def _said(line: str) -> list[tuple[int, int]]:
    """The parts of a text that the seller says: all of it, but of a talk that was written down turn by turn neither the speakers' names nor,
    where these tell who it is, what the buyer says."""
    turns = list(_TURN.finditer(line)) if "\n" in line else []
    spoken = Counter(turn[1] for turn in turns)
    roles = {name: re.split(r"[\W_]+", name.lower()) for name in spoken}
    sellers = {name for name, words in roles.items() if any(map(_SELLS.fullmatch, words))}
    buyers = {name for name, words in roles.items() if any(map(_BUYS.fullmatch, words))} - sellers
    known = (sellers or buyers) and len(spoken) > 1
    if not known and sum(times > 1 for times in spoken.values()) < 2:
        return [(0, len(line))]
    said = sellers or spoken.keys() - buyers
    parts, at = [], 0
    for turn, end in zip(turns, [*(turn.start() for turn in turns[1:]), len(line)], strict=True):
        parts.append((at, turn.start()))
        at = turn.end()
        if turn[1] not in said:
            paragraph = _PARAGRAPH.search(line, at, end)
            at = paragraph.start() if paragraph else end
    return [*parts, (at, len(line))]


def _characters(line: str) -> tuple[str, list[int]]:
    """Lower-case characters of what the seller says, invisible ones left out and look-alikes resolved, with their places."""
    parts = _said(line)
    if line.isascii():
        lower = "".join(line[start:end] for start, end in parts).lower()
        return lower, [place for start, end in parts for place in range(start, end)]
    # Foreign look-alikes are resolved only inside words that also hold Latin letters, or where every
    # letter is one: a Russian or Greek sentence stays what it is.
    kept, places = [], []
    for place in (place for start, end in parts for place in range(start, end)):
        char = line[place]
        category = unicodedata.category(char)
        if category in ("Cf", "Mn", "Me") or char == "\x00":
            continue
        for folded in _SAME.get(char) or unicodedata.normalize("NFKC", char).lower():
            if unicodedata.category(folded) == "Mn":
                continue
            kept.append(_LOOK_ALIKES.get(folded, folded))
            places.append(place)
    return "".join(kept), places


@lru_cache(64)
def read(line: str) -> Text:
    """The plain form of a line; characters past `LONGEST` are not read.

    >>> read("You’d  better SIGN, u know it").plain
    'you had better sign, you know it'
    """
    lower, places = _characters(line[:LONGEST])
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def put(text: str, start: int, end: int) -> None:
        plain.append(text)
        starts.extend([start] * len(text))
        ends.extend([end] * len(text))

    at = 0
    length = len(lower)
    while at < length:
        char = lower[at]
        if char.isspace() or char == "\x00":
            stop = at
            while stop < length and (lower[stop].isspace() or lower[stop] == "\x00"):
                stop += 1
            space = "\n" if "\n" in lower[at:stop] else " "
            put(space, places[at], places[stop - 1] + 1)
            at = stop
        elif word := _WORD.match(lower, at):
            stop = word.end()
            if word[0].isalpha() and word[0] not in _WORDS:
                starts.extend(places[at:stop])
                ends.extend(place + 1 for place in places[at:stop])
                plain.append(word[0])
            else:
                following = re.match(r"\s+([a-z]+)", lower[stop : stop + 20])
                spelt = _spelt_out(word[0], following[1] if following else "")
                put(spelt, places[at], places[stop - 1] + 1)
            at = stop
        else:
            put(char, places[at], places[at] + 1)
            at += 1
    return Text(line, "".join(plain), tuple(starts), tuple(ends))
