import { HardwareError } from "../gateway/core/errors.ts";
import type { SerialLibc } from "./linux_serial_libc.ts";
import type { SerialSettings } from "./serial_lines.ts";

/** struct termios of Linux, the same on x86-64 and ARM64, glibc and musl (asm-generic/termbits.h). */
const TERMIOS_BYTES = 60, AT = { iflag: 0, oflag: 4, cflag: 8, lflag: 12, cc: 17, ispeed: 52, ospeed: 56 };
const VTIME = 5, VMIN = 6;
const CBAUD = 0o10017, CSIZE = 0o60, CS8 = 0o60, CSTOPB = 0o100, CREAD = 0o200, PARENB = 0o400, PARODD = 0o1000;
const CLOCAL = 0o4000, CMSPAR = 0o10000000000, CRTSCTS = 0o20000000000, INPCK = 0o20;
const TCSANOW = 0, TCIOFLUSH = 2;
const TIOCEXCL = 0x540cn, TIOCSRS485 = 0x542fn;
const LOCK_EX_NB = 2 | 4;
const RS485_ENABLED = 1, RS485_RTS_ON_SEND = 2;

const SPEEDS: Readonly<Record<number, number>> = {
  1200: 0o11,
  2400: 0o13,
  4800: 0o14,
  9600: 0o15,
  19200: 0o16,
  38400: 0o17,
  57600: 0o10001,
  115200: 0o10002,
};

/**
 * Sets an open device to raw bytes with this speed and form, for this process alone.
 * @throws HardwareError HAL_SERIAL where the device does not take it, or another process has it
 */
export function setLine(libc: SerialLibc, descriptor: number, settings: SerialSettings): void {
  const { device, baud, parity, stopBits } = settings;
  const fail = (what: string, hint: string): never => {
    throw new HardwareError("HAL_SERIAL", `Cannot ${what} "${device}" (error ${libc.errno()})`, { hint });
  };
  const speed = SPEEDS[baud];
  if (speed === undefined) fail(`set ${baud} baud on`, `Use one of ${Object.keys(SPEEDS).join(", ")}`);
  if (libc.flock(descriptor, LOCK_EX_NB) !== 0) fail("lock", "Another program has it: stop it (fuser names it)");
  const none = new Uint8Array(8);
  if (libc.ioctl(descriptor, TIOCEXCL, none) !== 0) fail("use alone", "It is no serial device");
  const wanted = controlFlags(speed!, settings);
  const termios = new Uint8Array(TERMIOS_BYTES);
  if (libc.tcgetattr(descriptor, termios) !== 0) fail("read the settings of", "It is no serial device");
  write(termios, wanted, parity !== "none", speed!);
  if (libc.tcsetattr(descriptor, TCSANOW, termios) !== 0) fail("set", "Another speed or parity may be what it can");
  // A driver takes what it can and says yes to the rest, so what came of it is read again (measured: a pty drops parity).
  const taken = new Uint8Array(TERMIOS_BYTES);
  libc.tcgetattr(descriptor, taken);
  const mask = CBAUD | CSIZE | CSTOPB | PARENB | PARODD;
  if ((new DataView(taken.buffer).getUint32(AT.cflag, true) & mask) !== (wanted & mask)) {
    const text = `${baud} baud, parity ${parity}, ${stopBits} stop bits`;
    throw new HardwareError("HAL_SERIAL", `"${device}" does not do ${text}`, {
      hint: "Set what the adapter can do, and the devices on the line likewise",
    });
  }
  libc.tcflush(descriptor, TCIOFLUSH); // what came before belongs to nobody
  if (settings.rs485 === "kernel") turnByRts(libc, descriptor, device);
}

function controlFlags(speed: number, { parity, stopBits }: SerialSettings): number {
  const parityBits = parity === "none" ? 0 : parity === "odd" ? PARENB | PARODD : PARENB;
  return (speed | CS8 | CREAD | CLOCAL | parityBits | (stopBits === 2 ? CSTOPB : 0)) >>> 0;
}

function write(termios: Uint8Array, cflag: number, checksParity: boolean, speed: number): void {
  const view = new DataView(termios.buffer);
  view.setUint32(AT.iflag, checksParity ? INPCK : 0, true); // a byte of wrong parity reads as 0: the checksum finds it
  view.setUint32(AT.oflag, 0, true);
  const kept = view.getUint32(AT.cflag, true) & ~(CBAUD | CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS);
  view.setUint32(AT.cflag, (kept | cflag) >>> 0, true);
  view.setUint32(AT.lflag, 0, true);
  view.setUint8(AT.cc + VTIME, 0);
  view.setUint8(AT.cc + VMIN, 1);
  view.setUint32(AT.ispeed, speed, true);
  view.setUint32(AT.ospeed, speed, true);
}

/** struct serial_rs485 (linux/serial.h): RTS is high while sending. */
function turnByRts(libc: SerialLibc, descriptor: number, device: string): void {
  const settings = new Uint8Array(32);
  new DataView(settings.buffer).setUint32(0, RS485_ENABLED | RS485_RTS_ON_SEND, true);
  if (libc.ioctl(descriptor, TIOCSRS485, settings) === 0) return;
  throw new HardwareError("HAL_SERIAL", `The driver of "${device}" cannot turn RS-485 by RTS`, {
    hint: "Leave `rs485: kernel` out: most adapters turn by themselves",
  });
}
