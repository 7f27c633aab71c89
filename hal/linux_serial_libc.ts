import { HardwareError } from "../gateway/core/errors.ts";

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  close: { parameters: ["i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  /** Waits on a thread of the pool, so that nothing else waits with it. */
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  tcflush: { parameters: ["i32", "i32"], result: "i32" },
  tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

/** glibc by its stable name, then musl by its file names. */
const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** The calls of the C library that serial lines need. All but `poll` return at once. */
export type SerialLibc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] & {
  /** Number of the last fault; only right after a call that failed, and never after `poll`. */
  errno(): number;
};

/** Opens the C library; the process keeps it for its life. @throws HardwareError HAL_LIBC */
export function openSerialLibc(): SerialLibc & Disposable {
  const tried: string[] = [];
  for (const name of NAMES) {
    try {
      const library = Deno.dlopen(name, SYMBOLS);
      const errno = () => {
        const at = library.symbols.__errno_location();
        return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
      };
      return Object.assign(library.symbols, { errno, [Symbol.dispose]: () => library.close() });
    } catch (error) {
      tried.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new HardwareError("HAL_LIBC", `Cannot open the C library for serial lines, tried ${tried.join("; ")}`, {
    hint: "hald runs on Linux with glibc or musl and needs --allow-ffi",
  });
}
