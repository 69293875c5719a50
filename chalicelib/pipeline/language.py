"""Language analysis of a transcript: sentiment, key phrases, entities, and a summary."""

from chalicelib import keys
from chalicelib.assets import Branch, BranchState, BranchStatus, Failure, RunRef, Status
from chalicelib.errors import EngineFailed
from chalicelib.keys import Folder
from chalicelib.pipeline import finish, messages, tracks, transcript
from chalicelib.services import Services


def enqueue(run: RunRef, services: Services) -> None:
    """Put a run into the language queue, where back-pressure and retries live."""
    services.aws.sqs.send_message(QueueUrl=services.settings.language_queue_url, MessageBody=messages.encode(run))


def analyze(run: RunRef, services: Services) -> None:
    """Analyse the transcript of a run. A failure costs the analysis, never the transcript."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version or asset.status is not Status.PROCESSING:
        return
    if Branch.LANGUAGE not in asset.open_branches:
        finish.settle(asset, services)
        return
    data = services.outputs.read(keys.output_key(asset, Folder.TRANSCRIBE, ".json"))
    if data is None:
        give_up(run, services)
        return
    found = transcript.parse(data)
    notes: list[str] = []
    state = BranchState(BranchStatus.DONE)
    if services.summarizer is not None and services.settings.summarizer is not None:
        try:
            summary = services.summarizer.summarize(found)
        except EngineFailed as exc:
            notes.append(f"There is no summary: {exc.message}")
        else:
            services.outputs.write(
                keys.output_key(asset, Folder.SUMMARY, ".txt"), summary, "text/plain; charset=utf-8"
            )
            summary_key = keys.output_key(asset, Folder.SUMMARY, ".json")
            services.outputs.write_json(summary_key, {"Summary": summary})
            tracks.put(asset, "summary", summary_key, services.settings.summarizer, services, text=summary)
    try:
        analysis = services.language_analyzer.analyze(found)
    except EngineFailed as exc:
        state = BranchState(BranchStatus.FAILED, Failure(exc.code, exc.message))
    else:
        analysis_key = keys.output_key(asset, Folder.ANALYSIS, ".json")
        services.outputs.write_json(analysis_key, analysis.to_json(found.talk_time()))
        tracks.put(asset, "analysis", analysis_key, services.settings.language_analyzer, services)
        notes += analysis.notes
    finish.close(run, {Branch.LANGUAGE: state}, services, notes=notes)


def give_up(run: RunRef, services: Services) -> None:
    """The analysis broke down however often it was tried."""
    failure = Failure("analysis-broke", "The language analysis broke down each time it was tried.")
    finish.close(run, {Branch.LANGUAGE: BranchState(BranchStatus.FAILED, failure)}, services)
