"""The wing that runs networks: torch lives here and nowhere else.

`seeinin.precompute(...)` and the package `seeinin.precompute` share one name, as the command line has it; so the
package can be called.
"""

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        from seeinin.precompute.run import precompute

        return precompute(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
