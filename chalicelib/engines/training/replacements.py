"""Replacements as what is learnt: by every engine, in every language, from two recordings on.

It is pure arithmetic over what corrections have taught (`chalicelib/learning/rules.py`), done at once.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant
from chalicelib.engines.registry import EngineContext
from chalicelib.learning.models import EVERYBODY
from chalicelib.learning.rules import LEAST_RECORDINGS, Rule, Taught, applied, learn
from chalicelib.message import Message
from chalicelib.seams.training import LearnsFrom, Trained, TrainingJob, TrainingSet, TrainingStarted
from chalicelib.settings import Settings
from chalicelib.speech.transcripts import Segment, Transcript

_TOO_FEW = Message(
    "too-few-recordings", "At least %(least)s recordings must have been corrected before anything is learnt from them."
)
_NOTHING = Message("nothing-learnt", "Nothing was misheard the same way in several recordings.")


def create(context: EngineContext) -> "Replacements":
    """The trainer."""
    return Replacements(context.aws)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    there = (place.bucket(settings.output_bucket, f"{keys.LEARNING_PREFIX}*"),)
    return EngineGrants(work=(Grant(("s3:GetObject", "s3:PutObject"), there),))


@dataclass(frozen=True)
class Replacements:
    """Learns rules, and applies them."""

    aws: Aws

    def learns_from(self, scope: str) -> LearnsFrom:
        """See the seam."""
        del scope
        return LearnsFrom.LESSONS

    def hindrance(self, language: str, material: TrainingSet) -> Message | None:
        """See the seam."""
        del language
        return None if material.recordings >= LEAST_RECORDINGS else _TOO_FEW.of(least=LEAST_RECORDINGS)

    def start(self, job: TrainingJob) -> TrainingStarted:
        """See the seam: it has ended when this returns."""
        place = job.material.taught
        stored = json.loads(self.aws.s3.get_object(Bucket=place.bucket, Key=place.key)["Body"].read())
        known = {recording: Taught.from_json(values) for recording, values in stored["taught"].items()}
        is_shared = job.model.scope == EVERYBODY
        rules = learn(
            known,
            job.model.language,
            for_everybody=is_shared,
            approved=stored["approved"],
            dropped=stored.get("dropped", ()),
            newcomers=stored.get("newcomers", ()),
        )
        if not rules:
            return Trained(job.name, failure=_NOTHING)
        document = json.dumps({"rules": [rule.to_json() for rule in rules]}, ensure_ascii=False).encode()
        self.aws.s3.put_object(
            Bucket=job.destination.bucket, Key=job.destination.key, Body=document, ContentType="application/json"
        )
        return Trained(job.name, job.destination.key)

    def rules(self, artefact: bytes) -> list[Rule]:
        """See `ChangesTranscripts`."""
        return [Rule.from_json(values) for values in json.loads(artefact)["rules"]]

    def changed(self, artefact: bytes, transcript: Transcript, dropped: Collection[str] = ()) -> Transcript:
        """See `ChangesTranscripts`."""
        rules = [rule for rule in self.rules(artefact) if rule.key not in dropped]
        segments = tuple(
            Segment(tuple(applied(segment.words, rules, segment.language or transcript.language)), segment.language)
            for segment in transcript.segments
        )
        return replace(transcript, segments=segments)

    def does(self, artefact: bytes) -> str:
        """See `ChangesTranscripts`: which recordings taught a rule changes nothing."""
        rules = sorted([list(one["heard"]), one["written"]] for one in json.loads(artefact)["rules"])
        return hashlib.sha256(json.dumps(rules).encode()).hexdigest()
