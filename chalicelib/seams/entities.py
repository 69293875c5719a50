"""The seam to whatever finds entities of an operator's own kinds, by a recogniser that they trained."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.keys import S3Object
from chalicelib.seams.jobs import Started
from chalicelib.seams.seam import OptionalSeam


@dataclass(frozen=True, slots=True)
class EntitiesJob:
    """One text to look through with the recogniser that is called `recognizer`.

    `text` is a UTF-8 object with a line a passage; `language` its BCP 47 code. `recognizer` is what the service calls
    it, an ARN on AWS. `destination` is where it goes.
    """

    name: str
    text: S3Object
    language: str
    recognizer: str
    destination: S3Object


class EntityRecognizer(Protocol):
    """Finds entities."""

    def start(self, job: EntitiesJob) -> Started:
        """Start `job` unless a job of that name was started before.

        What is found is left at `job.destination` as JSON lines in the shape of Comprehend's results:
        `{"Line": 0, "Entities": [{"BeginOffset": 0, "EndOffset": 4, "Score": 0.9, "Text": "…", "Type": "…"}]}`; its S3
        event tells that it is there. Otherwise as every engine that works in jobs.

        Where its service leaves something else in the folder of the task, and that takes the run on, this is called
        again: then it is made into that.
        """


ENTITIES = OptionalSeam[EntityRecognizer](
    "entities",
    "entity_recognizer",
    "finds entities of kinds of your own",
    on_aws="comprehend",
    is_paid_by_words=True,
    has_jobs=True,
)
