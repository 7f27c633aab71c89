import type { CommandDeclaration } from "./command_table.ts";
import { FIRMWARE_REPOSITORY_COMMANDS, FIRMWARE_ROOT_COMMANDS } from "./firmware_publish_command_table.ts";

const CLAIM = {
  "vendor=VENDOR": "Vendor of the image, as under firmware.vendors",
  "version=VERSION": "Version that stations report when they run it",
  "models=LIST": "Models it is for, by commas; absent: all of the vendor",
  "signature=FILE": "The vendor's signature of the whole file",
  "certificate=FILE": "The vendor's signing certificate",
  "sha256=HEX": "SHA-256 that the vendor publishes",
  "minisig=FILE": "A .minisig file",
  "accept": "Stores what is not refused; without it the verdict is shown and nothing is stored",
};

/** Commands about firmware images. Alphabetical. */
export const FIRMWARE_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "firmware fetch",
    where: "control",
    summary: "Fetches an image from a host under firmware.fetchHosts and shows the verdict link by link",
    args: ["url"],
    options: CLAIM,
    example: "firmware fetch https://files.vendor.example/a.deb --vendor bender --version 5.33.2 --sha256 HEX --accept",
  },
  {
    name: "firmware grants",
    where: "control",
    summary: "Shows which station may fetch which image, for how long and how many bytes; or ends one of these",
    options: { "close=GRANT": "Ends this one: what is being fetched by it is cut off" },
    example: "firmware grants --close 1f0c9a2b77e1",
  },
  {
    name: "firmware import",
    where: "control",
    summary: "Shows the verdict about a bundle (.fwb), image or ZIP from a file, and with --accept takes it",
    args: ["file"],
    options: {
      ...CLAIM,
      "entry=NAME": "Which file of a ZIP is the image",
      "target=PATH": "Only this image of a bundle",
    },
    example: "firmware import /media/usb/fleet-12.fwb --accept",
  },
  {
    name: "firmware inventory",
    where: "control",
    summary: "Lists every controller with its version, vulnerable and outdated ones first",
    options: { "mark=MARK": "Only vulnerable, outdated, unknown or current ones", "csv": "As CSV" },
    example: "firmware inventory --mark vulnerable",
  },
  {
    name: "firmware list",
    where: "control",
    summary: "Shows the images, the room they take and how the repositories did",
    options: { "state=STATE": "Only quarantine, held, verified or withdrawn" },
    example: "firmware list --state held",
  },
  {
    name: "firmware offers",
    where: "control",
    summary: "Reads a TUF repository now and shows the images it offers to this site",
    args: ["source"],
    example: "firmware offers hq",
  },
  {
    name: "firmware release",
    where: "control",
    summary: "Vouches for an image that is held or withdrawn, by the hash its vendor publishes; two persons are needed",
    args: ["image"],
    options: { "hash=HEX": "SHA-256 from the vendor, typed or pasted", "because=TEXT": "Why, for the audit" },
    example: 'firmware release 3f9a1c02 --hash HEX --because "vendor mail of 2026-11-20"',
  },
  {
    name: "firmware remove",
    where: "control",
    summary: "Removes the file of an image that is not verified; what was withdrawn stays on record",
    args: ["image"],
    example: "firmware remove 3f9a1c02",
  },
  ...FIRMWARE_REPOSITORY_COMMANDS,
  {
    name: "firmware requests",
    where: "control",
    summary: "Shows the updates that CSMSs asked for: where each stands, what its station said, why it ended",
    example: "firmware requests",
  },
  ...FIRMWARE_ROOT_COMMANDS,
  {
    name: "firmware show",
    where: "control",
    summary: "Shows one image with the chain of its verdict, link by link",
    args: ["image"],
    example: "firmware show 3f9a1c02",
  },
  {
    name: "firmware take",
    where: "control",
    summary: "Takes one image from a TUF repository",
    args: ["source", "target"],
    example: "firmware take hq bender/CC613/ebee_firmware_5.33.2.deb",
  },
  {
    name: "firmware transfers",
    where: "control",
    summary: "Shows the files that stations bring for their CSMS, of which a sealed copy is kept here",
    options: { "again=UPLOAD": "Brings this one to its CSMS again" },
    example: "firmware transfers --again 1f0c9a2b77e1",
  },
  {
    name: "firmware verify",
    where: "control",
    summary: "Reads images anew and compares them with their names; a changed one is withdrawn",
    args: ["image?"],
    example: "firmware verify",
  },
  {
    name: "firmware withdraw",
    where: "control",
    summary: "Ends trust in an image: no station is given it any more",
    args: ["image"],
    options: { "because=TEXT": "Why, for the audit" },
    example: 'firmware withdraw 3f9a1c02 --because "vendor advisory 2026-7"',
  },
];
