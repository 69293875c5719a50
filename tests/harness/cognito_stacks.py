"""moto's CloudFormation makes nothing of Cognito's: whoever imports this teaches it to make what our templates ask for.

What is made is moto's own, so that whoever asks Cognito for it finds it as the template has it.
"""

from typing import Any

from moto.cloudformation import parsing
from moto.cognitoidp import cognitoidp_backends
from moto.cognitoidp.models import CognitoIdpBackend
from moto.core.common_models import CloudFormationModel

_ALL_THAT_WE_READ = ["email", "email_verified"]
"""Cognito lets a client read everything where nothing is said, and moto nothing."""


class _Made:
    """Something that was made; `physical_resource_id` is what `Ref` stands for."""

    def __init__(self, physical_resource_id: str, pool: str) -> None:
        self.physical_resource_id = physical_resource_id
        self.pool = pool

    def is_created(self) -> bool:
        return True

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return False

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def create_from_cloudformation_json(
        cls, name: str, described: dict[str, Any], account: str, region: str, **_: Any
    ) -> "_Made":
        return cls.make(cognitoidp_backends[account][region], described["Properties"])

    @classmethod
    def update_from_cloudformation_json(
        cls, original: "_Made", name: str, described: dict[str, Any], account: str, region: str
    ) -> "_Made":
        original.change(cognitoidp_backends[account][region], described["Properties"])
        return original

    def delete(self, account: str, region: str) -> None:
        self.remove(cognitoidp_backends[account][region])

    @classmethod
    def make(cls, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> "_Made":
        raise NotImplementedError

    def change(self, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> None:
        """Bring it up to what is asked."""

    def remove(self, cognito: CognitoIdpBackend) -> None:
        """Delete it."""


class UserPool(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Cognito::UserPool"

    @classmethod
    def make(cls, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> _Made:
        pool = cognito.create_user_pool(asked["UserPoolName"], dict(asked))
        return cls(pool.id, pool.id)

    def remove(self, cognito: CognitoIdpBackend) -> None:
        cognito.delete_user_pool(self.pool)


class Group(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Cognito::UserPoolGroup"

    @classmethod
    def make(cls, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> _Made:
        name, pool = asked["GroupName"], asked["UserPoolId"]
        cognito.create_group(pool, name, asked.get("Description", ""), "", 0)
        return cls(name, pool)

    def remove(self, cognito: CognitoIdpBackend) -> None:
        if self.pool in cognito.user_pools:  # moto deletes in any order, and what is in a pool goes with it
            cognito.delete_group(self.pool, self.physical_resource_id)


class Domain(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Cognito::UserPoolDomain"

    @classmethod
    def make(cls, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> _Made:
        name, pool = asked["Domain"], asked["UserPoolId"]
        cognito.create_user_pool_domain(pool, name)
        return cls(name, pool)

    def remove(self, cognito: CognitoIdpBackend) -> None:
        cognito.delete_user_pool_domain(self.physical_resource_id)


class Client(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Cognito::UserPoolClient"

    @classmethod
    def make(cls, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> _Made:
        given = {"ReadAttributes": _ALL_THAT_WE_READ, **asked}
        client = cognito.create_user_pool_client(asked["UserPoolId"], False, given)  # type: ignore[arg-type]
        return cls(client.id, asked["UserPoolId"])

    def change(self, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> None:
        cognito.update_user_pool_client(self.pool, self.physical_resource_id, asked)

    def remove(self, cognito: CognitoIdpBackend) -> None:
        if self.pool in cognito.user_pools:
            cognito.delete_user_pool_client(self.pool, self.physical_resource_id)


class Style(_Made, CloudFormationModel):
    """moto knows no styles: nothing is made but the resource."""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Cognito::ManagedLoginBranding"

    @classmethod
    def make(cls, cognito: CognitoIdpBackend, asked: dict[str, Any]) -> _Made:
        return cls("style", asked["UserPoolId"])


for _known in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
    _known.cache_clear()
