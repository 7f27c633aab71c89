import { deepEqual, equal, throws } from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { nullLogger } from "../gateway/core/log.ts";
import { ManualTime } from "../tests/support/manual_time.ts";
import { HAL_LIMITS } from "./limits.ts";
import { encodeLineRequest, type GpioLibc, openGpioLine } from "./linux_gpio.ts";
import type { TamperLine } from "./tamper_inputs.ts";
import { WatchedTamperInputs } from "./watched_tamper_inputs.ts";

const LID = { name: "lid", chip: "/dev/gpiochip0", line: 17, activeLow: true };

Deno.test("gpio: the request asks for one input line with pull-up, in the kernel's form", () => {
  const bytes = encodeLineRequest(LID);
  const view = new DataView(bytes.buffer);
  equal(bytes.length, 592);
  equal(view.getUint32(0, true), 17);
  equal(new TextDecoder().decode(bytes.subarray(256, 271)), "bulkhead-tamper");
  equal(view.getBigUint64(288, true), 0b1_0000_0110n, "input, active low, pull-up");
  equal(view.getUint32(560, true), 1);
  equal(new DataView(encodeLineRequest({ ...LID, activeLow: false }).buffer).getBigUint64(288, true), 0b1_0000_0100n);
});

/** A chip with one line, as the C library shows it. */
function fakeChip() {
  const chip = { level: 0, closed: [] as number[], refuse: "" };
  const libc: GpioLibc = {
    open: (path) => chip.refuse === "open" ? -1 : (equal(new TextDecoder().decode(path), "/dev/gpiochip0\0"), 5),
    ioctl(descriptor, request, value) {
      if (request === 0xc250b407n) {
        if (chip.refuse === "take") return -1;
        equal(descriptor, 5);
        new DataView(value.buffer).setInt32(588, 9, true);
        return 0;
      }
      equal([descriptor, request].join(), [9, 0xc010b40en].join());
      if (chip.refuse === "read") return -1;
      equal(value[8], 1, "asks for its line");
      value[0] = chip.level;
      return 0;
    },
    close: (descriptor) => (chip.closed.push(descriptor), 0),
  };
  return { chip, libc };
}

Deno.test("gpio: a line is read through its own descriptor, and the chip's is given back at once", () => {
  const { chip, libc } = fakeChip();
  const line = openGpioLine(LID, libc);
  deepEqual(chip.closed, [5]);
  equal(line.isOpen(), false);
  chip.level = 1;
  equal(line.isOpen(), true);
  line.close();
  deepEqual(chip.closed, [5, 9]);
});

for (const refuse of ["open", "take"]) {
  Deno.test(`gpio: a kernel that does not ${refuse} the line is a clear error`, () => {
    const { chip, libc } = fakeChip();
    chip.refuse = refuse;
    throws(() => openGpioLine(LID, libc), (error) => error instanceof HardwareError && error.code === "HAL_GPIO");
  });
}

Deno.test("tamper inputs: a lid that is opened and closed between two calls leaves its trace", () => {
  const time = new ManualTime();
  let open = false;
  const line: TamperLine = { name: "lid", isOpen: () => open, close: () => {} };
  const inputs = new WatchedTamperInputs([line], { timers: time, log: nullLogger });
  deepEqual(inputs.states(), [{ name: "lid", isOpen: false, openings: 0 }]);
  open = true;
  time.advance(HAL_LIMITS.tamperLookMs);
  time.advance(HAL_LIMITS.tamperLookMs);
  open = false;
  time.advance(HAL_LIMITS.tamperLookMs);
  deepEqual(inputs.states(), [{ name: "lid", isOpen: false, openings: 1 }]);
  inputs.close();
  equal(time.armed, 0);
});

Deno.test("tamper inputs: a line that cannot be read counts as open", () => {
  const { chip, libc } = fakeChip();
  const inputs = new WatchedTamperInputs([openGpioLine(LID, libc)], { timers: new ManualTime(), log: nullLogger });
  chip.refuse = "read";
  deepEqual(inputs.states(), [{ name: "lid", isOpen: true, openings: 1 }]);
  inputs.close();
});
