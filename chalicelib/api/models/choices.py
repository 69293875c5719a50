"""What may be asked for in a deployment, and what it costs, as models."""

from typing import Literal

from pydantic import BaseModel

from chalicelib.api.models.assets import MessageView
from chalicelib.api.models.options import AiOptionsView


class PriceView(BaseModel):
    """US dollars by the list prices of a day, for each minute of a recording, picture, page or still."""

    per: Literal["minute", "picture", "page", "frame"]
    usd: float


class ChoicesView(BaseModel):
    """What may be asked for by `ai_options`. `defaults` are what is done where an upload says nothing.

    `biometrics` says whether faces, celebrities and people may be looked for here. `can` says of each option that is
    true or false whether anything comes of asking for it, `why_not` why nothing does. `names` are those that are
    released to the account, by the field that takes them. `costs` are those of each option by itself.
    """

    defaults: AiOptionsView
    biometrics: bool
    can: dict[str, bool]
    why_not: dict[str, MessageView]
    names: dict[str, list[str]]
    costs: dict[str, list[PriceView]]
