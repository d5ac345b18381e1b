"""The command as it was typed, for reports that say how they were made."""

from __future__ import annotations

import shlex
from typing import Any

import click
from click.core import ParameterSource


def command_line(context: click.Context) -> str:
    """The command with every option and argument that was given, in the order of the help, quoted for a shell."""
    words = ["eventcorpus", *context.command_path.split()[1:]]
    for parameter in context.command.params:
        name = parameter.name
        if name is None or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params.get(name)
        several: list[Any] = list(value) if isinstance(value, tuple) else [value]
        if isinstance(parameter, click.Argument):
            words += [str(one) for one in several]
        elif isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len)
            words += [option] if parameter.is_flag else [word for one in several for word in (option, str(one))]
    return shlex.join(words)
