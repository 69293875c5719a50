"""The tracks of what is said."""

from chalicelib.domain.tracks import Form, Track
from chalicelib.lazy import stage

TRANSCRIPT = Track(
    "transcript",
    "Transcript",
    "jobs/transcript",
    (Form("json", "application/json", "transcript.json"),),
    stage("speech.transcribe_json:passages"),
    has_editions=True,
    is_drawn=True,
)
CAPTIONS = Track(
    "captions",
    "Captions",
    "captions",
    (
        Form("txt", "text/plain", "transcript.txt"),
        Form("srt", "application/x-subrip", "captions.srt"),
        Form("vtt", "text/vtt", "captions.vtt"),
    ),
    stage("speech.captions:passages"),
    source="srt",
    has_editions=True,
    is_drawn=True,
    is_searched=False,  # the transcript has the same words
)
ANALYSIS = Track(
    "analysis",
    "Analysis",
    "analysis",
    (Form("json", "application/json", "analysis.json"),),
    stage("domain.analysis:passages"),
    made_from=lambda asset: asset.analysis_from,
    is_drawn=True,
    is_searched=False,
)
SUMMARY = Track(
    "summary",
    "Summary",
    "summary",
    (Form("txt", "text/plain", "summary.txt"), Form("json", "application/json", "summary.json")),
    stage("speech.summaries:passages"),
    raw="jobs/summary",
    made_from=lambda asset: asset.summary_from,
    is_drawn=True,
    is_searched=False,
)
TOXICITY = Track(
    "toxicity",
    "Hurtful words",
    "toxicity",
    (Form("json", "application/json", "toxicity.json"),),
    raw="jobs/toxicity",
    is_drawn=True,
    is_searched=False,  # the transcript has the same words
)

CUSTOM_ENTITIES = Track(
    "customentities",
    "Custom entities",
    "customentities",
    (Form("json", "application/json", "customentities.json"),),
    raw="jobs/entities",
    made_of=lambda asset: "entities" in asset.branches,
)

TRACKS = (TRANSCRIPT, CAPTIONS, ANALYSIS, SUMMARY, TOXICITY, CUSTOM_ENTITIES)
