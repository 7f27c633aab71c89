import { HardwareError } from "../gateway/core/errors.ts";

const SYMBOLS = {
  adjtimex: { parameters: ["buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The C library functions that Deno has no API for. All return at once; none may block. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** glibc by its stable name, then musl by its file names. */
const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Opens the C library; the process keeps it for its life. @throws HardwareError HAL_LIBC */
export function openLibc(): Libc & Disposable {
  const tried: string[] = [];
  for (const name of NAMES) {
    try {
      const library = Deno.dlopen(name, SYMBOLS);
      return Object.assign(library.symbols, { [Symbol.dispose]: () => library.close() });
    } catch (error) {
      tried.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new HardwareError("HAL_LIBC", `Cannot open the C library, tried ${tried.join("; ")}`, {
    hint: "hald runs on Linux with glibc or musl and needs --allow-ffi",
  });
}
