"""What an upload may ask for of the engines that listen, look and read, as models."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.domain.ai_options import (
    API_NAMES,
    CAPTURE_MODES,
    LANGUAGE,
    MOST_MODELS,
    NAME,
    PERCENT,
    REGIONS,
    AiOptions,
    OptionFault,
)

_NAMES = frozenset(API_NAMES.values())

ThingName = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]
"""What a collection, a model, a recogniser or a vocabulary is called here."""


class AiOptionsView(BaseModel):
    """What is to be heard, seen and read; what is left out is as the deployment has it. `minConfidence` is in percent.

    `celeb`, `face`, `facematch` (people in the collection `faceCollectionId`), `label`, `moderation`, `text`, `segment`
    (shots, black, credits) and `customlabel` are looked for in films and pictures; `textROI` says in which of nine
    fields of the picture text is read, in rows from the top left, none of them meaning all. `person` is no longer
    offered by Amazon Rekognition. `framebased` looks at stills of a film instead, taken as `frameCaptureMode` says: 1,
    2, 3, 4, 5, 10, 12 or 15 a second; 1002 one in 2 seconds, 1003 in 5, 1004 in 10, 1005 in 30; 1011 one in a minute,
    1012 in 2, 1013 in 5; 1000 every frame, 1001 every other, 9999 of one a second those that differ; 0 none.
    `languageCode` is BCP 47. `textract` reads a picture or a TIFF as a document.
    """

    model_config = ConfigDict(alias_generator=lambda field: API_NAMES[field], serialize_by_alias=True)

    min_confidence: Annotated[float, Field(ge=0, le=PERCENT, allow_inf_nan=False)] | None = None
    celeb: bool | None = None
    face: bool | None = None
    facematch: bool | None = None
    face_collection_id: ThingName | None = None
    label: bool | None = None
    moderation: bool | None = None
    person: bool | None = None
    text: bool | None = None
    text_roi: Annotated[list[bool], Field(min_length=REGIONS, max_length=REGIONS)] | None = None
    segment: bool | None = None
    customlabel: bool | None = None
    custom_label_models: (
        Annotated[list[ThingName], Field(max_length=MOST_MODELS, json_schema_extra={"uniqueItems": True})] | None
    ) = None
    transcribe: bool | None = None
    language_code: Annotated[str, StringConstraints(pattern=f"^{LANGUAGE.pattern}$")] | None = None
    custom_language_model: ThingName | None = None
    custom_vocabulary: ThingName | None = None
    keyphrase: bool | None = None
    entity: bool | None = None
    sentiment: bool | None = None
    toxicity: bool | None = None
    customentity: bool | None = None
    custom_entity_recognizer: ThingName | None = None
    textract: bool | None = None
    framebased: bool | None = None
    frame_capture_mode: Annotated[int, Field(json_schema_extra={"enum": sorted(CAPTURE_MODES)})] | None = None

    @classmethod
    def of(cls, options: AiOptions) -> Self:
        """These options as callers see them."""
        return cls.model_validate(options.to_json())


class AiOptionsWanted(AiOptionsView):
    """What is asked for, by the same names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _checked(cls, values: object) -> object:
        """One judge for the API, the settings and the command line: the domain. What it refuses is told as its own."""
        if isinstance(values, Mapping):
            try:
                AiOptions.from_json(values)
            except OptionFault as exc:
                kind = "option" if exc.field in _NAMES else "no_option"
                raise PydanticCustomError(
                    kind, "{option}: expected {expected}", {"option": exc.field, "expected": exc.expected}
                ) from exc
        return values

    def asked(self) -> AiOptions:
        """The same for the pipeline."""
        return AiOptions.from_json(self.model_dump(exclude_none=True))


class AiOptionsChosen(BaseModel):
    """What was `asked` for, and what is `done` of it in the current run, once planned; notes say why not more."""

    asked: AiOptionsView
    done: AiOptionsView | None = None
