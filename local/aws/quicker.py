"""Makes the embedded AWS quicker: what it works out anew for each call or start is worked out once.

Nothing here changes what is answered: each place is one of the libraries' own, kept or cut short where what comes of it
is known.
"""

import gc
import os
import sys
from copy import deepcopy
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import botocore.hooks
import botocore.httpsession
import botocore.loaders
import botocore.regions
import botocore.session
import jsonpath_ng.ext
import moto.core.responses
import moto.utilities.utils
from botocore.endpoint import EndpointCreator
from botocore.hooks import EventAliaser, NodeList
from botocore.loaders import Loader
from botocore.parsers import BaseJSONParser as AnswerParser
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.base_backend import BaseBackend
from moto.core.parse import BaseJSONParser as QuestionParser
from moto.core.serialize import ResponseSerializer


def leave_out_checks() -> None:
    """Before anything of moto is loaded: API Gateway's checks take a quarter of a second, and nobody asks for them."""
    validator = "openapi_spec_validator"
    names = (validator, f"{validator}.validation", f"{validator}.validation.exceptions")
    sys.modules.update({name: _NotHere(name) for name in names})


@cache
def quicken() -> None:
    """Do so in this process, before the first service starts."""
    _quicken_clients()
    _quicken_answers()
    # The embedded AWS makes many small objects that live on. Looking for dead ones among them as often as Python does
    # by default took a fifth of the time.
    gc.set_threshold(50_000, 20, 50)


def _quicken_clients() -> None:
    """What each of boto3's clients would work out for itself: all that are made are alike."""
    # Each session would read AWS's models anew, and each service that starts has several.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    botocore.loaders.create_loader = botocore.session.create_loader
    loader: Any = Loader
    loader.list_available_services = lambda self, type_name: _services(tuple(self.search_paths)).get(type_name, [])

    # By which name an event of an older name is known; and what is called for which event, copied for each client.
    aliaser: Any = EventAliaser
    aliaser._alias_event_name = _alike(aliaser._alias_event_name)
    hooks: Any = botocore.hooks
    hooks._PrefixTrie._recursive_copy = _copied

    regions: Any = botocore.regions
    regions.EndpointProvider = _by_rules(regions.EndpointProvider)

    # Nothing of this leaves the machine.
    endpoints: Any = EndpointCreator
    endpoints._get_proxies = lambda self, url: {}
    botocore.httpsession.create_urllib3_context = cache(botocore.httpsession.create_urllib3_context)


def _quicken_answers() -> None:
    """What moto would work out for each request."""
    # CloudFormation loads all services, and EC2 what each region offers of each type of machine. There are none here.
    moto.utilities.utils.load_resource = _without_machines(moto.utilities.utils.load_resource)

    # The same few patterns and classes are parsed and searched with each call.
    jsonpath_ng.ext.parse = cache(jsonpath_ng.ext.parse)  # type: ignore[attr-defined]
    moto.core.responses.method_names_from_class = _names_of(moto.core.responses.method_names_from_class)
    moto.core.responses.camelcase_to_underscores = cache(moto.core.responses.camelcase_to_underscores)

    # Each request is looked for among all addresses of its service, which are put together anew for it.
    BaseBackend.urls = property(_by_class(vars(BaseBackend)["urls"].fget))  # type: ignore[method-assign,assignment]

    # These load some of the above.
    from moto.sns.models import Subscription
    from moto.sqs import models as sqs

    sqs.camelcase_to_underscores = moto.core.responses.camelcase_to_underscores
    # Topics sign what they send, each subscription by a new key, which nobody here looks at.
    signing = cache(lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    Subscription.private_key = lambda self: signing()  # type: ignore[assignment,method-assign]

    # A value of DynamoDB is taken to pieces and put together again on each of its four ways through the models.
    serializer: Any = ResponseSerializer
    serializer._serialize = _written(serializer._serialize)
    for parser, name in ((QuestionParser, "_parse_structure"), (AnswerParser, "_handle_structure")):
        setattr(parser, name, _read(getattr(parser, name)))
    _quicken_items()
    _quicken_expressions()


def _quicken_items() -> None:
    """An item's size is added up anew for each attribute that it gets, also when it is copied, as each answer is; and
    it is put into JSON and back for each attribute of a projection.
    """
    from moto.dynamodb.models.dynamo_type import DynamoType, Item, ItemSizeTooLarge, LimitedSizeDict, bytesize

    largest = 405_000  # as moto has it
    item: Any = Item
    project = item.project

    def init(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:  # noqa: ANN401 - moto's own
        self.hash_key, self.range_key = hash_key, range_key
        held = {name: DynamoType(value) for name, value in attrs.items()}
        if sum(bytesize(name) + value.size() for name, value in held.items()) > largest:
            raise ItemSizeTooLarge
        self.attrs = LimitedSizeDict(held)

    def copied(self: Any, memo: dict[int, Any]) -> Any:  # noqa: ANN401
        made = item.__new__(item)
        memo[id(self)] = made
        held = {name: deepcopy(value, memo) for name, value in self.attrs.items()}
        made.__dict__ |= self.__dict__ | {"attrs": LimitedSizeDict(held)}
        return made

    def projected(self: Any, expressions: list[list[str]]) -> Any:  # noqa: ANN401
        names = [path[0] for path in expressions]
        if any(len(path) > 1 or "[" in path[0] for path in expressions):
            return project(self, expressions)
        made = item.__new__(item)
        made.__dict__ |= self.__dict__
        made.attrs = LimitedSizeDict({name: self.attrs[name] for name in names if name in self.attrs})
        return made

    item.__init__, item.__deepcopy__, item.project = init, copied, projected


def _quicken_expressions() -> None:
    """Each part of an update's expression is asked many times over of which kind it is, by slow means."""
    parts: Any = import_module("moto.dynamodb.parsing.ast_nodes")
    is_a: Any = cache(issubclass)

    inner = (parts.Expression, parts.UpdateExpressionFunction)

    def find_clauses(self: Any, clause_types: list[type]) -> list[Any]:  # noqa: ANN401 - moto's own
        found = []
        for child in self.children or []:
            if type(child) in clause_types:
                found.append(child)
            elif is_a(type(child), inner):
                found.extend(child.find_clauses(clause_types))
        return found

    def traverse(self: Any, node: Any, child_id: int = -1) -> Any:  # noqa: ANN401
        if not is_a(type(node), parts.Node):
            return node
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            self.pre_processing_of_child(node, number)
            self.traverse_node_recursively(child, number)
        if is_a(type(node), self.nodes_to_be_processed()):
            node = self.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    parts.Node.find_clauses = find_clauses
    parts.DepthFirstTraverser.traverse_node_recursively = traverse


class _NotHere(ModuleType):
    """A module that has whatever is imported from it, none of which can be used."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


@cache
def _services(places: tuple[str, ...]) -> dict[str, list[str]]:
    """The services that AWS's models know of, by the kind of model ("service-2", "paginators-1" …)."""
    found: dict[str, set[str]] = {}
    for place in filter(os.path.isdir, places):
        for service in (entry for entry in os.scandir(place) if entry.is_dir()):
            for version in (entry for entry in os.scandir(service) if entry.is_dir()):
                for file in os.scandir(version):
                    found.setdefault(file.name.partition(".")[0], set()).add(service.name)
    return {kind: sorted(names) for kind, names in found.items()}


def _copied(self: Any, node: dict[Any, Any]) -> dict[Any, Any]:  # noqa: ANN401 - botocore's own
    """The structure of botocore's events, without what is called for them."""
    return {
        key: NodeList(list(value.first), list(value.middle), list(value.last))
        if type(value) is NodeList
        else self._recursive_copy(value)
        if type(value) is dict
        else value
        for key, value in node.items()
    }


def _by_rules(make: Any) -> Any:  # noqa: ANN401 - botocore's own
    """One provider of addresses for a service's rules. It is kept with them, so that their `id` stays theirs."""
    made: dict[tuple[int, int], Any] = {}

    def of(*, ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> Any:  # noqa: ANN401
        key = id(ruleset_data), id(partition_data)
        if key not in made:
            provider = make(ruleset_data, partition_data, excluded_params)
            made[key] = provider, ruleset_data, partition_data
        return made[key][0]

    return of


def _as_it_is(value: Any) -> bool:  # noqa: ANN401
    """Whether a value of DynamoDB is the same in JSON: all are, but for bytes."""
    if type(value) is not dict or len(value) != 1:
        return False
    for kind, held in value.items():
        match kind:
            case "S" | "N" | "BOOL" | "NULL":
                return type(held) in {str, bool}
            case "L":
                return type(held) is list and all(map(_as_it_is, held))
            case "M":
                return type(held) is dict and all(map(_as_it_is, held.values()))
    return False


def _written(write: Any) -> Any:  # noqa: ANN401 - moto's own
    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:  # noqa: ANN401
        if shape.name == "AttributeValue" and _as_it_is(value):
            self._default_serialize(serialized, value, shape, key)
        else:
            write(self, serialized, value, shape, key)

    return serialize


def _read(read: Any) -> Any:  # noqa: ANN401 - moto's and botocore's own
    def parse(self: Any, shape: Any, value: Any) -> Any:  # noqa: ANN401
        return value if shape.name == "AttributeValue" and _as_it_is(value) else read(self, shape, value)

    return parse


def _without_machines(load: Any) -> Any:  # noqa: ANN401 - moto's own
    def load_resource(path: str) -> Any:  # noqa: ANN401
        if path == "ec2/resources/instance_types.json":
            return {}
        return [] if path.startswith("ec2/resources/instance_type_offerings/") else load(path)

    return load_resource


def _names_of(look: Any) -> Any:  # noqa: ANN401 - moto's own
    """The names of a class's methods, looked for anew when it has got or lost one (see `local/aws/ses.py`)."""
    names = cache(lambda asked, count: look(asked))
    return lambda asked: names(asked, len(vars(asked)))


def _by_class(make: Any) -> Any:  # noqa: ANN401 - moto's own
    made: dict[type, Any] = {}

    def of(self: Any) -> Any:  # noqa: ANN401
        if type(self) not in made:
            made[type(self)] = make(self)
        return made[type(self)]

    return of


def _alike(find: Any) -> Any:  # noqa: ANN401 - botocore's own
    found: dict[tuple[int, str], str] = {}

    def of(self: Any, event_name: str) -> str:  # noqa: ANN401
        key = len(self._event_aliases), event_name
        if key not in found:
            found[key] = find(self, event_name)
        return found[key]

    return of
