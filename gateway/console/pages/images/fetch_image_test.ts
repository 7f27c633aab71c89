import { deepEqual, equal } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const SHA256 = "a".repeat(64), PATH = `/firmware/images/${SHA256}/file`;
const rig = (more: ConstructorParameters<typeof ConsoleRig>[0] = {}) =>
  new ConsoleRig({ answers: GARAGE_ANSWERS, ...more });

Deno.test("image file: a verified image goes to who may take one out, under a plain name, after control has read it anew", async () => {
  const images = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${images}/${SHA256}`, "the image");
    const console = rig({ images });
    const answer = await console.get(PATH);
    deepEqual([answer.status, await answer.text()], [200, "the image"]);
    deepEqual(console.askedOf("command firmware export")[0].args, { image: SHA256 });
    const header = (name: string) => answer.headers.get(name);
    deepEqual([header("content-length"), header("content-type"), header("content-disposition")], [
      ...["9", "application/octet-stream", 'attachment; filename="ebee_firmware_5.33.2_final_.deb"'],
    ]);
    const refused = {
      ...GARAGE_ANSWERS,
      "command firmware export": () => Promise.reject(new GatewayError("FIRMWARE_REFUSED", "The image is held")),
    };
    equal((await rig({ images, answers: refused }).get(PATH)).status, 403);
    equal((await rig({ images, may: [] }).get(PATH)).status, 403);
    equal((await rig({ images, isOut: true }).get(PATH)).status, 303);
    equal((await rig().get(PATH)).status, 404);
    await Deno.remove(`${images}/${SHA256}`);
    equal((await rig({ images }).get(PATH)).status, 404);
  } finally {
    await Deno.remove(images, { recursive: true });
  }
});
