"""An engine's inputs and outputs under the two ways to name them: by tensor (8.5 on) and by binding (to 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

from .outcome import CaseFailed


@dataclass(frozen=True)
class Port:
    """``shape`` has the batch dimension, 1, also where the engine's own shapes leave it implicit."""

    name: str
    is_input: bool
    shape: Tuple[int, ...]
    data_type: str


class Ports:
    """What is common. ``enqueue`` puts one execution on a stream."""

    way = ""

    def __init__(self, engine: Any, context: Any) -> None:
        self.engine = engine
        self.context = context

    def names(self) -> List[str]:
        raise NotImplementedError

    def port(self, name: str) -> Port:
        """As it stands: outputs have their sizes once all input shapes are set."""
        raise NotImplementedError

    def set_shape(self, name: str, shape: Sequence[int]) -> None:
        """Of an input. Raises ``CaseFailed`` where the engine does not take it."""
        raise NotImplementedError

    def bind(self, name: str, address: int) -> None:
        raise NotImplementedError

    def enqueue(self, stream: int) -> bool:
        raise NotImplementedError


def choose(trt: Any, engine: Any, context: Any) -> Ports:
    """By tensor wherever that is there; an implicit batch knows bindings alone."""
    implicit = bool(getattr(engine, "has_implicit_batch_dimension", False))
    if hasattr(engine, "num_io_tensors") and not implicit:
        return Tensors(trt, engine, context)
    return Bindings(engine, context, implicit)


class Tensors(Ports):
    way = "execute_async_v3"

    def __init__(self, trt: Any, engine: Any, context: Any) -> None:
        super().__init__(engine, context)
        self._input = trt.TensorIOMode.INPUT

    def names(self) -> List[str]:
        return [self.engine.get_tensor_name(index) for index in range(self.engine.num_io_tensors)]

    def port(self, name: str) -> Port:
        shape = tuple(int(size) for size in self.context.get_tensor_shape(name))
        return Port(
            name, self.engine.get_tensor_mode(name) == self._input, shape, self.engine.get_tensor_dtype(name).name
        )

    def set_shape(self, name: str, shape: Sequence[int]) -> None:
        if not self.context.set_input_shape(name, tuple(shape)):
            raise CaseFailed("execute: input {} does not take the shape {}".format(name, tuple(shape)))

    def bind(self, name: str, address: int) -> None:
        self.context.set_tensor_address(name, address)

    def enqueue(self, stream: int) -> bool:
        return bool(self.context.execute_async_v3(stream))


class Bindings(Ports):
    def __init__(self, engine: Any, context: Any, implicit: bool) -> None:
        super().__init__(engine, context)
        self._implicit = implicit
        self.way = "execute_async" if implicit else "execute_async_v2"
        self._index: Dict[str, int] = {name: index for index, name in enumerate(self.names())}
        self._addresses = [0] * len(self._index)

    def names(self) -> List[str]:
        return [self.engine.get_binding_name(index) for index in range(self.engine.num_bindings)]

    def port(self, name: str) -> Port:
        index = self._index[name]
        shape = tuple(int(size) for size in self.context.get_binding_shape(index))
        return Port(
            name,
            bool(self.engine.binding_is_input(index)),
            (1, *shape) if self._implicit else shape,
            self.engine.get_binding_dtype(index).name,
        )

    def set_shape(self, name: str, shape: Sequence[int]) -> None:
        if self._implicit:
            return
        if not self.context.set_binding_shape(self._index[name], tuple(shape)):
            raise CaseFailed("execute: input {} does not take the shape {}".format(name, tuple(shape)))

    def bind(self, name: str, address: int) -> None:
        self._addresses[self._index[name]] = address

    def enqueue(self, stream: int) -> bool:
        if self._implicit:
            return bool(self.context.execute_async(1, self._addresses, stream))
        return bool(self.context.execute_async_v2(self._addresses, stream))
