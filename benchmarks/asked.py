"""Questions to recordings, and which of their sentences answer them: what engines are measured on that answer.

`CHOSEN_BY` is what the nearness was chosen by from which on the engine of one machine quotes: a made-up meeting, that
was written for it. `MEASURED` are questions to real readings, written by reading them, and are used for nothing else.
Each has words of the sentence that answers it; None if nobody says so, though most such ask for something near what is
said.
"""

from collections.abc import Sequence

Asked = tuple[str, str | None]

MEETING: Sequence[str] = (
    "Good morning everybody, and thank you for coming so early.",
    "The first point today is the budget for the new library.",
    "We have two hundred and forty thousand euros for the building this year.",
    "That is less than we asked for, but it is enough to begin with the roof.",
    "The roof has been leaking since the storm in February.",
    "Marta has called three companies, and the cheapest can start in June.",
    "They say that the work will take about seven weeks.",
    "During that time the children's section moves into the school next door.",
    "The headmaster has agreed to that as long as we are out before September.",
    "I would rather wait until we have the report of the engineer.",
    "She promised it for next Tuesday.",
    "Then let us decide on the company at the meeting after that.",
    "The second point is opening hours.",
    "Many people have asked that we open on Sunday afternoon.",
    "Last month we counted eleven hundred visitors on Saturdays alone.",
    "We cannot open on Sundays without two more people on the staff.",
    "I have written to the town hall about those two positions, and nobody has answered.",
    "Could students help us at the weekend, as they do in Lyon?",
    "In Lyon they are paid twelve euros an hour.",
    "I like the idea, but they need somebody beside them who knows the catalogue.",
    "Paul offered to train them on Thursday evenings.",
    "The last point is the coffee machine, which has been broken since Easter.",
    "Repairing it costs more than a new one.",
    "Honestly, nobody misses it, the coffee was terrible.",
    "Le bus numéro douze ne s'arrête plus devant la bibliothèque depuis lundi.",
    "La mairie dit que les travaux de la rue dureront jusqu'en octobre.",
    "次の会議は十月三日の午後二時に始まります。",
    "다음 모임에는 김 선생님이 오지 못합니다.",
    "下次我们要讨论电子书的价格。",
    "That is all for today, thank you very much.",
)

CHOSEN_BY: Sequence[Asked] = (
    ("How much money is there for the building?", "two hundred and forty thousand"),
    ("Since when does the roof leak?", "storm in February"),
    ("When can the company start with the roof?", "start in June"),
    ("How long will the repair of the roof take?", "seven weeks"),
    ("Where will the children's books be during the work?", "school next door"),
    ("When does the engineer's report come?", "next Tuesday"),
    ("How many visitors come on Saturdays?", "eleven hundred"),
    ("What keeps us from opening on Sundays?", "two more people"),
    ("How much do students earn in Lyon?", "twelve euros"),
    ("Who would teach the students?", "Paul offered"),
    ("Why is the coffee machine not repaired?", "costs more than a new one"),
    ("Which bus no longer stops at the library?", "numéro douze"),
    ("Jusqu'à quand durent les travaux de la rue ?", "jusqu'en octobre"),
    ("次の会議はいつ始まりますか。", "十月三日"),
    ("누가 다음 모임에 오지 않습니까?", "김 선생님"),
    ("下次讨论什么？", "电子书的价格"),
    ("How much does the new coffee machine cost?", None),
    ("Who designed the new library?", None),
    ("What is the name of the headmaster?", None),
    ("How many books does the library have?", None),
    ("What did the town hall answer about the positions?", None),
    ("How much did the storm damage cost?", None),
    ("When was the library founded?", None),
    ("What is the weather going to be like tomorrow?", None),
    ("How do I reset my password?", None),
    ("Who won the football match?", None),
    ("Combien coûte un ticket de bus ?", None),
    ("Où se trouve la gare ?", None),
    ("図書館の電話番号は何番ですか。", None),
    ("김 선생님의 나이는 몇 살입니까?", None),
    ("谁写了这本电子书？", None),
    ("Which insurance pays for the roof?", None),
)

READINGS: Sequence[str] = ("transcribe/01-plain.json", "speech/0870.txt", "speech/0880.txt", "languages/reference.json")
"""In the shared data. The first is what Amazon Transcribe made of readings, with its mistakes."""

MEASURED: Sequence[Asked] = (
    ("Why did she fall in the street?", "her foot slipped on the ice"),
    ("What made the passer-by notice her?", "Her groans attracted"),
    ("Where was she going on her errand?", "gone out into the village"),
    ("What kind of light comes from the clouds?", "lurid light"),
    ("What do the elements of the air need?", "slaked with moisture"),
    ("How do colourists attain beauty?", "attainment of beauty by arrangement"),
    ("Who keeps a druggist's shop?", "keeps a druggist"),
    ("How did she watch over her?", "longing, fond anxiety"),
    ("What had Mr Dashwood time to think about?", "leisure to consider"),
    ("Whose apostle is Mr Quilter?", "apostle of the middle classes"),
    ("What did he become under the consulate?", "conservateur des eaux"),
    ("그는 어디로 걸어갔습니까?", "길 한 옆으로"),
    ("Who carried her home after the fall?", None),
    ("How old is the village doctor?", None),
    ("What did the druggist sell her for the pain?", None),
    ("How much money did Mr Dashwood inherit?", None),
    ("What colour are the falcons?", None),
    ("When did the storm begin?", None),
    ("Which book did Mr Quilter write?", None),
    ("What time does the train to London leave?", None),
    ("Combien de conseillers y a-t-il ?", None),
    ("How many people live in Haworth?", None),
    ("What was decided about the budget?", None),
    ("広州の住宅はいくらですか。", None),
)
