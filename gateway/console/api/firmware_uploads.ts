import { z } from "zod";
import type { Asker } from "../person.ts";
import { ImageRow, Verdict } from "./images.ts";
import { operation } from "./operation.ts";

/** Milliseconds that judging a file may take: a bundle of many images is read whole. */
const JUDGE_MS = 1_800_000;

const Upload = z.string().regex(/^[0-9a-f]{32}$/, { error: "the upload as it was answered" });
const FileName = z.string().min(1).max(255).describe("One that ends in .fwb is a bundle");

/** What a person says about a file. */
const CLAIM = {
  fileName: FileName,
  vendor: z.string().max(48).optional().describe("As under firmware.vendors; of a bundle: absent, it says so itself"),
  version: z.string().max(100).optional().describe("As stations report it; of a bundle: absent"),
  models: z.string().max(1_000).optional().describe("By commas; absent: all of the vendor"),
  sha256: z.string().max(64).optional().describe("As the vendor publishes it"),
  signature: z.string().max(800).optional().describe("Base64, as OCPP carries it"),
  certificate: z.string().max(5_500).optional().describe("PEM, or DER as base64"),
  minisig: z.string().max(8_192).optional().describe("Text of the .minisig file"),
  entry: z.string().max(300).optional().describe("Which file of a ZIP is the image"),
};
const OneUpload = z.object({ upload: Upload, ...CLAIM });

const JudgedImage = z.object({
  target: z.string().optional().describe("Its path in the bundle"),
  sha256: z.string(),
  sizeBytes: z.number(),
  verdict: Verdict,
});
/** The verdicts about a file, and what of it was stored. */
export const JudgedFile = z.object({
  images: z.array(JudgedImage),
  stored: z.array(z.string()).describe("SHA-256 of what stands in the vault now"),
});
/** The verdicts about a file, and what of it was stored. */
export type JudgedFile = z.infer<typeof JudgedFile>;

/** Brings a file; nothing is believed of it. */
export const uploadFile = operation({
  id: "uploadFirmwareFile",
  method: "post",
  path: "/firmware/uploads",
  tag: "firmware",
  summary: "Brings an image, a ZIP or a bundle (.fwb) as the body; it waits in quarantine for judgeFirmwareUpload",
  needs: "command firmware import",
  takesFile: true,
  input: z.object({ fileName: FileName }),
  output: z.object({ upload: Upload, fileName: z.string(), sizeBytes: z.number() }),
  call: async (person, { fileName }) => {
    await person.run("firmware import", { room: true });
    return { upload: "", fileName, sizeBytes: 0 };
  },
});

/** Says what would become of a file. */
export const judgeUpload = operation({
  id: "judgeFirmwareUpload",
  method: "post",
  path: "/firmware/uploads/{upload}/judge",
  tag: "firmware",
  summary: "Shows the verdict about a file that was brought, link by link; stores nothing",
  needs: "command firmware import",
  input: OneUpload,
  output: JudgedFile,
  call: (person, input) => judge(person, input, false),
});

/** Stores what of a file is not refused. */
export const keepUpload = operation({
  id: "keepFirmwareUpload",
  method: "post",
  path: "/firmware/uploads/{upload}/keep",
  tag: "firmware",
  summary: "Judges a file that was brought once more, and stores what is not refused",
  needs: "command firmware import",
  input: OneUpload.extend({ target: z.string().max(300).optional().describe("Only this image of a bundle") }),
  output: JudgedFile,
  call: (person, input) => judge(person, input, true),
});

/** Throws a file away. */
export const discardUpload = operation({
  id: "discardFirmwareUpload",
  method: "post",
  path: "/firmware/uploads/{upload}/discard",
  tag: "firmware",
  summary: "Throws a file away that was brought and not taken",
  needs: "command firmware import",
  input: z.object({ upload: Upload }),
  output: z.object({ text: z.string() }),
  call: async (person, { upload }) => ({
    text: (await person.run("firmware import", { upload, discard: true })).text,
  }),
});

async function judge(
  person: Asker,
  { fileName, ...said }: z.infer<typeof OneUpload> & { readonly target?: string | undefined },
  accept: boolean,
): Promise<JudgedFile> {
  const isBundle = /\.fwb$/i.test(fileName);
  // a ZIP says itself what the image in it is called
  const named = isBundle ? { bundle: true } : /\.zip$/i.test(fileName) ? {} : { fileName };
  const { data } = await person.run("firmware import", { ...said, ...named, keep: true, accept }, JUDGE_MS);
  return isBundle ? judgedBundle(data) : judgedImage(data);
}

const OfBundle = z.object({ offers: z.array(JudgedImage), stored: z.array(z.string()) });
function judgedBundle(data: unknown): JudgedFile {
  const { offers, stored } = OfBundle.parse(data);
  return { images: offers, stored };
}

const OfImage = z.object({
  verdict: Verdict,
  sha256: z.string().optional(),
  sizeBytes: z.number().optional(),
  image: ImageRow.nullish(),
});
function judgedImage(data: unknown): JudgedFile {
  const { verdict, image, sha256 = image?.sha256 ?? "", sizeBytes = image?.sizeBytes ?? 0 } = OfImage.parse(data);
  return { images: [{ sha256, sizeBytes, verdict }], stored: image ? [image.sha256] : [] };
}
