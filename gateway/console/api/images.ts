import { z } from "zod";
import { operation } from "./operation.ts";

const Hash = z.string().max(64).describe("SHA-256 of an image, or its first 6 digits or more");
const Because = z.string().min(1).max(200).describe("Why, for the audit");

/** One link of the chain that led to a verdict. */
export const VerdictStep = z.object({
  id: z.string(),
  title: z.string(),
  outcome: z.enum(["ok", "refused", "waiting", "not-needed"]),
  detail: z.string(),
});

/** What verifying led to. */
export const Verdict = z.object({
  outcome: z.enum(["verified", "held", "refused"]),
  rule: z.string(),
  why: z.string(),
  steps: z.array(VerdictStep),
  evidence: z.array(z.string()),
});
/** What verifying led to. */
export type Verdict = z.infer<typeof Verdict>;

/** A firmware image. */
export const ImageRow = z.object({
  sha256: z.string(),
  sizeBytes: z.number(),
  vendor: z.string(),
  models: z.array(z.string()).describe("Empty: all models of the vendor"),
  version: z.string(),
  fileName: z.string(),
  state: z.enum(["quarantine", "held", "verified", "withdrawn"]),
  evidence: z.array(z.string()),
  addedAt: z.number().describe("Milliseconds since 1970"),
  source: z.string(),
  who: z.string(),
  why: z.string().optional(),
  hasSbom: z.boolean(),
  releasedBy: z.array(z.string()),
});
/** A firmware image. */
export type ImageRow = z.infer<typeof ImageRow>;

/** How a repository did. */
export const RepositoryRow = z.object({
  id: z.string(),
  readAt: z.number().optional(),
  offers: z.number().optional(),
  news: z.number().optional(),
  fault: z.string().optional(),
});

const ImageList = z.object({
  images: z.array(ImageRow),
  usedBytes: z.number(),
  quotaBytes: z.number(),
  sources: z.array(RepositoryRow),
});
/** All images. */
export type ImageList = z.infer<typeof ImageList>;

/** All firmware images. */
export const listImages = operation({
  id: "listFirmwareImages",
  method: "get",
  path: "/firmware/images",
  tag: "firmware",
  summary: "Lists the firmware images, the room they take, and how the repositories did",
  needs: "command firmware list",
  input: z.object({}),
  output: ImageList,
  call: async (person) => ImageList.parse((await person.run("firmware list")).data),
});

const OneImage = z.object({
  image: ImageRow,
  papers: z.object({ verdict: Verdict, sbom: z.string().optional(), notes: z.string().optional() }).nullable(),
});
/** One image with its chain. */
export type OneImage = z.infer<typeof OneImage>;

/** One firmware image. */
export const readImage = operation({
  id: "readFirmwareImage",
  method: "get",
  path: "/firmware/images/{image}",
  tag: "firmware",
  summary: "Shows one image with the chain of its verdict, its SBOM and notes",
  needs: "command firmware show",
  input: z.object({ image: Hash }),
  output: OneImage,
  call: async (person, { image }) => OneImage.parse((await person.run("firmware show", { image })).data),
});

const Said = z.object({ text: z.string() });

/** Vouches for an image. */
export const releaseImage = operation({
  id: "releaseFirmwareImage",
  method: "post",
  path: "/firmware/images/{image}/release",
  tag: "firmware",
  summary: "Vouches for an image by the hash its vendor publishes; two persons make it servable",
  needs: "command firmware release",
  input: z.object({ image: Hash, hash: z.string().min(1).max(80), because: Because }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("firmware release", input)).text }),
});

/** Ends trust in an image. */
export const withdrawImage = operation({
  id: "withdrawFirmwareImage",
  method: "post",
  path: "/firmware/images/{image}/withdraw",
  tag: "firmware",
  summary: "Ends trust in an image: no station is given it any more",
  needs: "command firmware withdraw",
  input: z.object({ image: Hash, because: Because }),
  output: Said,
  call: async (person, input) => ({ text: (await person.run("firmware withdraw", input)).text }),
});

/** Reads an image anew. */
export const verifyImage = operation({
  id: "verifyFirmwareImage",
  method: "post",
  path: "/firmware/images/{image}/verify",
  tag: "firmware",
  summary: "Reads an image on the disk anew and compares it with its name; a changed one is withdrawn",
  needs: "command firmware verify",
  input: z.object({ image: Hash }),
  output: Said,
  call: async (person, { image }) => ({ text: (await person.run("firmware verify", { image })).text }),
});

const ExportedImage = z.object({ sha256: z.string(), fileName: z.string(), sizeBytes: z.number() });

/** Takes the file of an image out of the vault. */
export const exportImage = operation({
  id: "exportFirmwareImage",
  method: "post",
  path: "/firmware/images/{image}/export",
  tag: "firmware",
  summary: "Reads a verified image anew and records who takes its file, which the console then gives",
  needs: "command firmware export",
  input: z.object({ image: Hash }),
  output: ExportedImage,
  call: async (person, { image }) => ExportedImage.parse((await person.run("firmware export", { image })).data),
});

/** An image that a CSMS had the gateway publish. */
export const PublicationRow = z.object({
  ...{ id: z.string(), csms: z.string(), checksum: z.string().describe("MD5, as the CSMS gave it") },
  ...{ state: z.string(), last: z.string().describe("Status that the CSMS was told last"), vendor: z.string() },
  ...{ outcome: z.string().optional(), why: z.string().optional(), sha256: z.string().optional() },
  ...{ location: z.string(), startedAt: z.number(), endedAt: z.number().optional() },
});
/** An image that a CSMS had the gateway publish. */
export type PublicationRow = z.infer<typeof PublicationRow>;

/** Images that CSMSs had published. */
export const listPublications = operation({
  id: "listFirmwarePublications",
  method: "get",
  path: "/firmware/publications",
  tag: "firmware",
  summary: "Lists the images that CSMSs had the gateway publish (PublishFirmware): where each stands, what was told",
  needs: "command firmware publications",
  input: z.object({}),
  output: z.array(PublicationRow),
  call: async (person) => z.array(PublicationRow).parse((await person.run("firmware publications")).data),
});

/** Removes an image's file. */
export const removeImage = operation({
  id: "removeFirmwareImage",
  method: "post",
  path: "/firmware/images/{image}/remove",
  tag: "firmware",
  summary: "Removes the file of an image that is not verified",
  needs: "command firmware remove",
  input: z.object({ image: Hash }),
  output: Said,
  call: async (person, { image }) => ({ text: (await person.run("firmware remove", { image })).text }),
});

const Offer = z.object({
  target: z.string(),
  sizeBytes: z.number(),
  sha256: z.string(),
  claim: z.object({ version: z.string() }),
  verdict: Verdict,
  state: z.string().nullable(),
});
/** One image that a repository offers. */
export type Offer = z.infer<typeof Offer>;

/** What a repository offers. */
export const listOffers = operation({
  id: "listFirmwareOffers",
  method: "get",
  path: "/firmware/sources/{source}",
  tag: "firmware",
  summary: "Reads a TUF repository now and lists the images it offers to this site",
  needs: "command firmware offers",
  input: z.object({ source: z.string().max(48) }),
  output: z.array(Offer),
  call: async (person, { source }) => z.array(Offer).parse((await person.run("firmware offers", { source })).data),
});

const Judged = z.object({
  verdict: Verdict,
  stored: z.boolean(),
  sha256: z.string().optional(),
  image: ImageRow.nullish(),
});
/** A verdict, and whether the image was stored. */
export type Judged = z.infer<typeof Judged>;

/** Takes an image from a repository. */
export const takeImage = operation({
  id: "takeFirmwareImage",
  method: "post",
  path: "/firmware/sources/{source}/take",
  tag: "firmware",
  summary: "Takes one image from a TUF repository",
  needs: "command firmware take",
  input: z.object({ source: z.string().max(48), target: z.string().max(300) }),
  output: Judged,
  call: async (person, input) => Judged.parse((await person.run("firmware take", input)).data),
});

/** Fetches an image by URL. */
export const fetchImageByUrl = operation({
  id: "fetchFirmwareImage",
  method: "post",
  path: "/firmware/fetch",
  tag: "firmware",
  summary: "Fetches an image from a host under firmware.fetchHosts; without accept the verdict alone is answered",
  needs: "command firmware fetch",
  input: z.object({
    url: z.string().min(1).max(2_000),
    vendor: z.string().min(1).max(48),
    version: z.string().min(1).max(100),
    models: z.string().max(1_000).optional().describe("By commas; absent: all of the vendor"),
    sha256: z.string().max(64).optional().describe("As the vendor publishes it"),
    signature: z.string().max(800).optional().describe("Base64, as OCPP carries it"),
    certificate: z.string().max(5_500).optional().describe("PEM"),
    accept: z.boolean().default(false),
  }),
  output: Judged,
  call: async (person, input) => Judged.parse((await person.run("firmware fetch", input)).data),
});
