import type { CommandDeclaration } from "./command_table.ts";

/** Every command about rules and what they decide; a part of COMMANDS. Alphabetical. */
export const POLICY_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "policy diff",
    where: "local",
    summary: "Judges the recorded traffic by new rules and lists every decision that would change",
    args: ["rules"],
    options: {
      "conduit=NAME": "ocpp or modbus; absent: the one whose form the rules have",
      "recording=FILE": "A file written by `policy recording`; absent: what the running gateway has recorded",
      "mode=MODE": "enforce or observe for the new rules; absent: as recorded",
    },
    example: "policy diff rules/ocpp.new.yaml",
  },
  {
    name: "policy explain",
    where: "control",
    summary: "Says which rule decides on a message of a station or its CSMS, or on a Modbus request, and why no other",
    args: ["station", "direction", "action", "payload?"],
    options: {
      "role=ROLE": "Modbus (UNIT read POINT, UNIT write POINT VALUE, UNIT function CODE): role of the client",
      "client=NAME": "Modbus: common name of the client, or id of its plaintext listener",
      "listener=ID": "Modbus: listener that it comes by",
      "source=ADDRESS": "Modbus: its address",
      "at=TIME": 'When it comes, as "mon 22:30" in the site\'s time zone; now if absent',
      "csms=NAME": "The CSMS at the other end, as a limited secondary; the station's own if absent",
      "version=VERSION": "ocpp1.6, ocpp2.0.1 or ocpp2.1; the station's first if absent",
    },
    example: 'policy explain CP001 from-csms UpdateFirmware \'{"location":"https://fw.example/1.bin"}\'',
  },
  {
    name: "policy propose",
    where: "local",
    summary: "Writes rules for Modbus that allow what clients were seen to do, as a rules file to review",
    options: {
      "recording=FILE": "A file written by `policy recording`; absent: what the running gateway has recorded",
    },
    example: "policy propose > rules/modbus.new.yaml",
  },
  {
    name: "policy recording",
    where: "control",
    summary: "Prints what was recorded for `policy diff`: which kinds of messages came how often, without contents",
    example: "policy recording > recording.jsonl",
  },
  {
    name: "policy rules",
    where: "control",
    summary: "Lists the site's own rules as they are in force in the running gateway",
    example: "policy rules",
  },
  {
    name: "policy table",
    where: "local",
    summary: "Shows who may send what: the built-in rules, the site's own, and what they mean for each station",
    example: "policy table --config site.yaml",
  },
  {
    name: "policy test",
    where: "local",
    summary: "Runs the cases that come with the gateway and those of the site, in the folder cases beside its rules",
    options: { "cases=DIR": "Folder with the site's cases; absent: cases beside the file of ocpp.rules" },
    example: "policy test --config site.yaml",
  },
];
