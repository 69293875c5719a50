"""Lints the policies in a folder, with the linters' own Python: `python tests/tools/lint_policies.py FOLDER`."""

import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")  # parliament asks for pkg_resources, which says that it is old
import parliament  # noqa: E402

WAIVED = {
    ("UNKNOWN_ACTION", "mediaconvert:Probe"): "newer than parliament's list of actions",
    ("RESOURCE_MISMATCH", "batch:SubmitJob"): "does not know a definition of a job with its revision",
    ("RESOURCE_MISMATCH", "bedrock:InvokeModel"): "asks for all kinds of models at once; one is meant, and named",
}
"""By finding and a word in it, with the reason. Parliament's own way to waive a finding does nothing in 1.6.4."""


def main() -> int:
    """Print what is found. Returns the exit status: 1 if anything is."""
    findings = []
    for path in sorted(Path(sys.argv[1]).glob("*.json")):
        for finding in parliament.analyze_policy_string(path.read_text(), str(path)).findings:
            text = f"{finding.issue}: {finding.detail} {finding.location}"
            if not any(issue == finding.issue and word in text for issue, word in WAIVED):
                findings.append(text)
    print("\n".join(findings) or "The policies are clean.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
