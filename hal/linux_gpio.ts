import { HardwareError } from "../gateway/core/errors.ts";
import type { TamperLine } from "./tamper_inputs.ts";

/** struct gpio_v2_line_request and gpio_v2_line_values of linux/gpio.h, the same on every 64-bit Linux. */
const REQUEST_BYTES = 592;
const AT = { offsets: 0, consumer: 256, flags: 288, lines: 560, descriptor: 588 } as const;
/** _IOWR(0xB4, 0x07, struct gpio_v2_line_request), _IOWR(0xB4, 0x0E, struct gpio_v2_line_values). */
const GET_LINE = 0xc250b407n;
const GET_VALUES = 0xc010b40en;
const FLAG_ACTIVE_LOW = 1n << 1n;
const FLAG_INPUT = 1n << 2n;
const FLAG_PULL_UP = 1n << 8n;
const O_RDONLY_CLOEXEC = 0o2000000;

/** Where an input is wired. */
export interface GpioLine {
  readonly name: string;
  /** The chip's device, as /dev/gpiochip0. */
  readonly chip: string;
  /** Line number on the chip. */
  readonly line: number;
  /** Low means open. */
  readonly activeLow: boolean;
}

/** The C library functions that it takes; a parameter, so that tests can answer for a chip. */
export interface GpioLibc {
  open(path: Uint8Array<ArrayBuffer>, flags: number): number;
  ioctl(descriptor: number, request: bigint, value: Uint8Array<ArrayBuffer>): number;
  close(descriptor: number): number;
}

/** Opens the C library for GPIO. @throws HardwareError HAL_LIBC */
export function openGpioLibc(): GpioLibc {
  try {
    return Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    }).symbols;
  } catch (error) {
    throw new HardwareError("HAL_LIBC", "Cannot open the C library for GPIO lines", { cause: error });
  }
}

/** The request for one input line with pull-up: what `openGpioLine` hands to the kernel. */
export function encodeLineRequest({ line, activeLow }: GpioLine): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(AT.offsets, line, true);
  bytes.set(new TextEncoder().encode("bulkhead-tamper"), AT.consumer);
  view.setBigUint64(AT.flags, FLAG_INPUT | FLAG_PULL_UP | (activeLow ? FLAG_ACTIVE_LOW : 0n), true);
  view.setUint32(AT.lines, 1, true);
  return bytes;
}

/** Takes a line of a GPIO chip as an input (GPIO character device, version 2). @throws HardwareError HAL_GPIO */
export function openGpioLine(wiring: GpioLine, libc: GpioLibc): TamperLine {
  const { name, chip, line } = wiring;
  const fail = (what: string): never => {
    throw new HardwareError("HAL_GPIO", `Cannot ${what} line ${line} of "${chip}" for tamper input "${name}"`, {
      hint:
        "gpioinfo shows the lines; one program only may hold a line, and hald's group must be able to open the chip",
    });
  };
  const device = libc.open(new TextEncoder().encode(`${chip}\0`), O_RDONLY_CLOEXEC);
  if (device < 0) fail("open the chip of");
  const request = encodeLineRequest(wiring);
  const taken = libc.ioctl(device, GET_LINE, request);
  libc.close(device);
  if (taken < 0) fail("take");
  const descriptor = new DataView(request.buffer).getInt32(AT.descriptor, true);
  return {
    name,
    isOpen() {
      const values = new Uint8Array(16); // bits, then the mask of the lines that are asked for
      values[8] = 1;
      if (libc.ioctl(descriptor, GET_VALUES, values) < 0) fail("read");
      return (values[0]! & 1) === 1;
    },
    close: () => void libc.close(descriptor),
  };
}
