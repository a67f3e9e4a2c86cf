from collections.abc import Callable

EVENT_COUNT: int
RECORD_BYTES: int
ARM_REG_R0: int
ARM_REG_SP: int
ARM_REG_LR: int
STEP_READ: int
STEP_WRITE: int
STEP_SET: int
STEP_MULTIPLY: int
STEP_LOAD: int
STEP_LOAD_SIGNED: int
PLAN_RESULTS: int
STOP_DEADLINE: int
STOP_MARKER: int
STOP_ERROR: int
STOP_READ_ONLY: int
BLOCK_CONDITIONAL: int
BLOCK_BACKWARD: int
BLOCK_UNMASKS: int

class HotCounters:
    def __init__(
        self,
        uc: int,
        emu_stop: int,
        reg_read: int,
        on_new_block: Callable[[int, int], tuple[int, int, int, int, bytes, int, bytes]],
        full: bool,
        unaligned_cycles: tuple[int, int, int, int],
    ) -> None: ...
    @property
    def cycles(self) -> int: ...
    @property
    def stop_reason(self) -> int: ...
    @property
    def stop_marker(self) -> int: ...
    @property
    def refused_address(self) -> int: ...
    @property
    def callbacks(self) -> tuple[int, int, int]: ...
    @property
    def user_data(self) -> int: ...
    def add_cache(
        self,
        size_bytes: int,
        line_bytes: int,
        ways: int,
        policy: int,
        miss_cycles: int,
        write_back: int,
        write_allocate: int,
        /,
    ) -> None: ...
    def add_region(
        self,
        base: int,
        size_bytes: int,
        fetch_cache: int,
        read_cache: int,
        write_cache: int,
        width_bytes: int,
        fetch_stall_cycles: int,
        read_stall_cycles: int,
        write_stall_cycles: int,
        word_cycles: int,
        prefetch: int,
        is_flash: int,
        /,
    ) -> None: ...
    def change_region(
        self,
        base: int,
        size_bytes: int,
        fetch_cache: int,
        read_cache: int,
        write_cache: int,
        width_bytes: int,
        fetch_stall_cycles: int,
        read_stall_cycles: int,
        write_stall_cycles: int,
        word_cycles: int,
        prefetch: int,
        is_flash: int,
        /,
    ) -> None: ...
    def add_marker(self, address: int, stops: bool, /) -> int: ...
    def arm(self, deadline_cycles: int, masked: bool, /) -> None: ...
    def add_cycles(self, cycles: int, /) -> None: ...
    def trap_unaligned(self, callback: Callable[[int, int, bool], None] | None, /) -> None: ...
    def interrupt(self) -> None: ...
    def redirect(self) -> None: ...
    def plan_accesses(self, registers: int, /) -> None: ...
    def open_memory(self, base: int, host_address: int, /) -> None: ...
    def open_window(self, address: int, host_address: int, /) -> tuple[int, int, int]: ...
    def take_log(self) -> bytes: ...
    def take_record(self) -> bytes: ...
    def save(self) -> bytes: ...
    def restore(self, state: bytes, /) -> None: ...
    def block_ranges(self) -> bytes: ...
    def current_block(self) -> tuple[int, int, int, int] | None: ...

class Probe:
    def __init__(self, uc: int, emu_stop: int, on_stop: Callable[[int], None]) -> None: ...
    @property
    def callbacks(self) -> tuple[int, int, int]: ...
    @property
    def user_data(self) -> int: ...
    def set_breakpoints(self, addresses: bytes, /) -> None: ...
    def set_watchpoints(self, ranges: bytes, /) -> None: ...
    def step(self) -> None: ...
    def take_watched(self) -> int | None: ...
