from . import (
    aftersales_part_return,
    aftersales_part_shortage,
)
