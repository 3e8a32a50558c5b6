import assert from "node:assert/strict";
import { isDeviceName } from "../../../nodes/lib/microphone/device-name";
import lists from "../../vectors/arecord-lists.json";

describe("device names", () => {
  for (const [machine, names] of Object.entries(lists)) {
    it(`are those of ${machine}`, () => {
      for (const name of names) assert.ok(isDeviceName(name), name);
    });
  }

  it("are no definition, file, pipe, playlist, address or option", () => {
    for (const text of [
      "tee:null,'|touch /tmp/x',raw",
      "tee:null,x,raw",
      "file:/tmp/x,raw",
      "file:x,raw",
      "file:FILE=x,FORMAT=raw",
      "plug:'tee:null,x,raw'",
      "plug:tee",
      "shm:/tmp/socket,null",
      "{type file slave.pcm null file '|id'}",
      "{ type hw card 0 }",
      "hw:{CARD 0}",
      "hw:CARD='|id'",
      "hw:0,'x'",
      "hw:CARD=../../x",
      "hw:",
      "hw:CARD=",
      "sysdefault:CARD=/tmp/x",
      "pulse:/tmp/x",
      "pulse:x;y",
      "pulse:$(reboot)",
      "|id",
      "<x",
      ">x",
      "/dev/dsp",
      "\\\\host\\share",
      "C:\\x.wav",
      "C:x",
      "./x",
      "../x",
      "~/x",
      "x/y",
      "http://example.org/x.wav",
      "http:x",
      "x.m3u",
      "x.M3U8",
      "list.pls",
      "-x",
      "-",
      " x",
      "a\u0000b",
      "a\nb",
      "a\tb",
      "a'b",
      'a"b',
      "a`b",
      "a$b",
      "a;b",
      "a=b",
      "a,b",
      "a*b",
      "@default",
      "",
      "x".repeat(201),
    ]) {
      assert.ok(!isDeviceName(text), JSON.stringify(text));
    }
  });
});
