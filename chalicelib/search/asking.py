"""What a question is about, by its words, and which texts have these. Pure.

What somebody asks in a sentence stands nowhere as it was asked: so any of its words counts, the rarer the more. Words
that only make it a question, or hold it together, are left out; of scripts without spaces, each two characters that
stand side by side count.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from math import log

from chalicelib.search.terms import is_by_character, terms, units

MOST_TERMS = 6
"""By which an index is asked, the longest: each is an object to read."""

_LEFT_OUT = """
a about above after again all also am an and any are as at be because been before being
but by can could did do does doing
done down for from get got had has have having he her here him his how i if in into is it
its just know like me more most
my no not now of off on one or our out over please really said say says she should so some
tell than that the their them
then there these they thing this those to too up us very was we were what when where which
while who whom whose why will
with would you your yes anybody anyone somebody someone something anything
au aux avec avoir c ce cela ces cet cette combien comment d dans de des dit du elle elles
en est et etre eu il ils j je l la
le les leur lui ma mais me mes moi mon n ne nos notre nous on ont ou par pas pour pourquoi
qu quand que quel quelle quelles
quels qui quoi s sa sans se ses si son sont sur t ta te tes ton tu un une vos votre vous y
a ete
aber als am an auf aus bei bin bis das dass dem den der des die doch du ein eine einem
einen einer er es für gesagt hat haben
hier ich ihr im in ist ja kann man mit nach nicht noch nur oder sagt sich sie sind so über
um und uns von vor wann war
warum was wer wie wieder will wir wird wo zu zum zur
como con cual cuando cuanto de del donde el ella en es esta este fue ha hay la las lo los
mas me mi no o para pero por porque
que quien se ser si sin su un una y ya
"""
_LEFT_OUT_CHARACTERS = """
什么 怎么 怎样 为什么 多少 哪里 哪儿 哪个 哪些 谁 是否 什麼 怎麼 為什麼 這個 这个 那个 有没有
没有 可以 我们 他们
です ます ました ません ですか ますか でした から まで という どこ いつ だれ 誰が なぜ どう
何が 何を いくら どの 何番 何時
입니까 습니까 습니다 니까 누가 무엇 어디 언제 어떻 얼마 어떤 하는 있는 했는
"""
_STOP = frozenset(unit for word in _LEFT_OUT.split() for unit in units(word)) | frozenset(
    term for text in _LEFT_OUT_CHARACTERS.split() for term in terms(units(text))
)


def wanted(question: str) -> tuple[str, ...]:
    """The terms that say what a question is about, the longest first; all that it has, if none is left."""
    found = terms(units(question))
    telling = {term for term in found if term not in _STOP and not is_by_character(term)}
    return tuple(sorted(telling or found, key=lambda term: (-len(term), term)))


def weights(having: Sequence[Collection[object]], of: int) -> list[float]:
    """How much each term counts, by what has it, `of` so many in all: little, where most have it."""
    return [log(1 + of / len(some)) if some else 0.0 for some in having]


def scores(texts: Sequence[str], wanted: Sequence[str]) -> list[float]:
    """How much of what is `wanted` each text has; 0 of none."""
    had = [terms(units(text)).intersection(wanted) for text in texts]
    counts = Counter(term for some in had for term in some)
    weight = {term: log(1 + len(texts) / count) for term, count in counts.items()}
    return [sum(weight[term] for term in some) for some in had]
