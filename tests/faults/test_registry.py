"""The order of the classes behind each model, as the server really puts them."""

import ast
import inspect
import textwrap

OURS = ("aftersales_service", "aftersales_warranty", "aftersales_kpi")


def _is_ours(cls):
    """Whether the class stands in a file of ours (the registry makes others of it)."""
    return cls.__module__.split(".")[2:3] in ([addon] for addon in OURS)


def _classes(env, name):
    return [cls for cls in type(env[name]).mro() if _is_ours(cls)]


def _calls_super(function):
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    return any(
        isinstance(node, ast.Name) and node.id == "super"
        for node in ast.walk(ast.parse(source))
    )


def _where(cls):
    return "/".join(cls.__module__.split(".")[2:])


def _same_model(first, second, name):
    """Both define or extend the model itself; a mixin's hook may be filled."""
    return all(name in (cls._name, *_inherits(cls)) for cls in (first, second))


def _inherits(cls):
    inherit = cls.__dict__.get("_inherit") or ()
    return (inherit,) if isinstance(inherit, str) else tuple(inherit)


def _find_shadowed(env):
    """Definitions of ours that can never run, with the file that hides them."""
    found = set()
    for name in env.registry:
        classes = _classes(env, name)
        for position, cls in enumerate(classes):
            for attribute, value in vars(cls).items():
                if not inspect.isfunction(value) or _calls_super(value):
                    continue
                found |= {
                    f"{name}.{attribute}: {_where(cls)} hides {_where(other)}"
                    for other in classes[position + 1 :]
                    if attribute in vars(other) and _same_model(cls, other, name)
                }
    return sorted(found)


def test_nothing_of_ours_is_shadowed(real):
    """A definition without ``super()`` above another one of the same model hides it."""
    assert real(_find_shadowed) == []


def test_the_walk_sees_our_classes(real):
    """The order is spread over many files of all three add-ons."""

    def see(env):
        return [_where(cls) for cls in _classes(env, "aftersales.order")]

    seen = real(see)
    assert len(seen) > 15
    assert {where.split("/")[0] for where in seen} == set(OURS)
