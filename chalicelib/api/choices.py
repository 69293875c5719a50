"""What an upload may ask for, of what may be seen, heard and read."""

from chalicelib.api.language import message_view
from chalicelib.api.models import choices as models
from chalicelib.api.models.options import AiOptionsView, AiOptionsWanted
from chalicelib.api.operation import operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.ai_options import API_NAMES, AiOptions
from chalicelib.domain.releases import UNKNOWN_NAME, api_name, named
from chalicelib.errors import InvalidRequest
from chalicelib.pipeline import choices
from chalicelib.pipeline.estimates import A_FILM, done_of
from chalicelib.services import Services


@operation("GET", "/options")
def get_options(account: Account, services: Services) -> models.ChoicesView:
    """What may be asked for by `ai_options` here, what is done by itself, and what each costs."""
    released = list(services.releases.of(account.owner))
    hindered = choices.hindrances(services, released)
    return models.ChoicesView(
        defaults=AiOptionsView.of(done_of(AiOptions(), services.settings, A_FILM)),
        biometrics=services.settings.biometrics,
        can={API_NAMES[option]: option not in hindered for option in choices.SWITCHES},
        why_not={API_NAMES[option]: message_view(why) for option, why in hindered.items()},
        names={API_NAMES[field]: found for field, found in choices.names(released).items()},
        costs={API_NAMES[option]: _prices(option, services) for option in choices.SWITCHES if option not in hindered},
    )


def _prices(option: str, services: Services) -> list[models.PriceView]:
    found = choices.costs(option, services.settings)
    return [models.PriceView(per=price.per, usd=float(price.usd)) for price in found]


def asked(wanted: AiOptionsWanted | None, owner: str, services: Services) -> AiOptions:
    """What is asked for.

    Raises InvalidRequest if it names something that is not released to the owner: then there is none, as for a name
    that nobody has ever heard of.
    """
    options = wanted.asked() if wanted is not None else AiOptions()
    for kind, name in named(options):
        if services.releases.resolve(owner, kind, name) is None:
            raise InvalidRequest(UNKNOWN_NAME.of(name=name), field=f"ai_options.{api_name(kind)}")
    return options
