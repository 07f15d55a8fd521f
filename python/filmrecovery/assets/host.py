"""This software as a host of OpenAssetIO, with plug-ins of managers, and of their interfaces, in Python and in C++."""

import logging
import warnings
from typing import Any

from openassetio.hostApi import ManagerFactory
from openassetio.hostApi.HostInterface import HostInterface
from openassetio.log import LoggerInterface
from openassetio.pluginSystem import (
    CppPluginSystemManagerImplementationFactory,
    HybridPluginSystemManagerImplementationFactory,
)
from openassetio.pluginSystem.PythonPluginSystemManagerImplementationFactory import (
    PythonPluginSystemManagerImplementationFactory,
)
from openassetio.ui.hostApi import UIDelegateFactory
from openassetio.ui.pluginSystem import (
    CppPluginSystemUIDelegateImplementationFactory,
    HybridPluginSystemUIDelegateImplementationFactory,
)
from openassetio.ui.pluginSystem.PythonPluginSystemUIDelegateImplementationFactory import (
    PythonPluginSystemUIDelegateImplementationFactory,
)

_LOG = logging.getLogger(__name__)


class _Host(HostInterface):
    def identifier(self) -> str:
        return "org.filmrecovery"

    def displayName(self) -> str:  # noqa: N802 (OpenAssetIO's name)
        return "Film Recovery"


class _Log(LoggerInterface):
    """Passes messages about a manager on. Warnings are for the authors of plug-ins, and a user can do nothing."""

    def log(self, severity: LoggerInterface.Severity, message: str) -> None:
        is_error = severity in (LoggerInterface.Severity.kError, LoggerInterface.Severity.kCritical)
        _LOG.log(logging.WARNING if is_error else logging.DEBUG, "%s", message)


def start_manager() -> Any:
    """The manager that the configuration in the environment names. Raises whatever its plug-in does."""
    # Managers may still use the first views of traits, which changes nothing.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="openassetio")
    log = _Log()
    plugins = HybridPluginSystemManagerImplementationFactory(
        [CppPluginSystemManagerImplementationFactory(log), PythonPluginSystemManagerImplementationFactory(log)], log
    )
    return ManagerFactory.defaultManagerForInterface(_Host(), plugins, log)


def start_ui_delegate() -> Any:
    """What the manager shows in windows of its own making. Raises InputValidationException where it has no such."""
    log = _Log()
    plugins = HybridPluginSystemUIDelegateImplementationFactory(
        [CppPluginSystemUIDelegateImplementationFactory(log), PythonPluginSystemUIDelegateImplementationFactory(log)],
        log,
    )
    return UIDelegateFactory.defaultUIDelegateForInterface(_Host(), plugins, log)
