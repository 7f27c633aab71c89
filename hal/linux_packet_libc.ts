import { HardwareError } from "../gateway/core/errors.ts";

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  recvfrom: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The C library functions that packet sockets need. Only `poll` may wait, in a thread of its own. */
export type PacketLibc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** glibc by its stable name, then musl by its file names. */
const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Opens the C library; the process keeps it for its life. @throws HardwareError HAL_LIBC */
export function openPacketLibc(): PacketLibc {
  const tried: string[] = [];
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, SYMBOLS).symbols;
    } catch (error) {
      tried.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new HardwareError("HAL_LIBC", `Cannot open the C library, tried ${tried.join("; ")}`, {
    hint: "hald runs on Linux with glibc or musl and needs --allow-ffi",
  });
}

const ERRNO: Readonly<Record<number, string>> = {
  1: "not permitted (EPERM)",
  13: "not permitted (EACCES)",
  19: "no such interface (ENODEV)",
  97: "the unit's RestrictAddressFamilies forbids it (EAFNOSUPPORT)",
  98: "another program holds the port (EADDRINUSE)",
  100: "the interface is down (ENETDOWN)",
};

/** Why the last call failed, in words. errno belongs to the thread: ask right after a synchronous call. */
export function lastError(libc: PacketLibc): { readonly errno: number; readonly text: string } {
  const pointer = libc.__errno_location();
  const errno = pointer === null ? 0 : new Deno.UnsafePointerView(pointer).getInt32();
  return { errno, text: ERRNO[errno] ?? `errno ${errno}` };
}
