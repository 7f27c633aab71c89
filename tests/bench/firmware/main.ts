/**
 * `deno task bench:firmware [--megabytes N] [--json]`: what it costs to read an image anew at serve start, and to check its
 * vendor's signature, as ratios to openssl in the same run; and how fast it is served, as a share of nginx's speed. By the
 * clock and by processor time: on a machine with other work the clock tells of that work, so the better of both counts.
 */
import { benchServe } from "./serve.ts";
import { benchVerify } from "./verify.ts";

const MOST = 1.3, LEAST = 0.7;
const option = (name: string) => Deno.args[Deno.args.indexOf(name) + 1];
const megabytes = Deno.args.includes("--megabytes") ? Number(option("--megabytes")) : 1_024;
const timed = await benchVerify(megabytes * 1_048_576, 3);
const served = await benchServe(megabytes * 1_048_576, 3);
const write = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

if (Deno.args.includes("--json")) write(JSON.stringify({ megabytes, timed, served }));
else {
  write(`${"".padEnd(52)} clock            processor`);
  for (const { name, seconds, ratio, cpu, cpuRatio } of [...timed, ...served]) {
    const figure = (much: number, of: number) => `${much.toFixed(2)} s  ${of.toFixed(2)} x`.padEnd(16);
    write(`${name.padEnd(52)} ${figure(seconds, ratio)} ${figure(cpu, cpuRatio)}`);
  }
}
const slow = timed.filter(({ ratio, cpuRatio }) => Math.min(ratio, cpuRatio) > MOST);
for (const { name, ratio, cpuRatio } of slow) {
  write(`${name} took ${Math.min(ratio, cpuRatio).toFixed(2)} times as long as openssl: wanted ${MOST} at most`);
}
// Reading the image anew is verifying, which has its own figure above.
const behind = served.filter(({ name, ratio, cpuRatio }) =>
  name.endsWith("goes on") && Math.max(ratio, cpuRatio) < LEAST
);
for (const { name, ratio, cpuRatio } of behind) {
  write(`${name}: ${Math.max(ratio, cpuRatio).toFixed(2)} of nginx's speed: wanted ${LEAST} at least`);
}
Deno.exit(slow.length + behind.length === 0 ? 0 : 1);
