import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const script = resolve(__dirname, "../../../../scripts/check-glossary.mjs");

const GLOSSARY = `# Glossary

## Terms

| English          | de              | ja         |
| ---------------- | --------------- | ---------- |
| session          | Sitzung         | セッション |
| session event    | Ereignis        | イベント   |
| hang up, hangs up | auflegen, legt | 終了       |

## Avoided

| language | pattern              | why           |
| -------- | -------------------- | ------------- |
| de       | \`en Sie \\|\\bDu\\b\` | no address    |
`;

/** The complaints about an English and a German text, as a label and as a paragraph of a help page. */
function check(english: string, german: string): string {
  const root = mkdtempSync(join(tmpdir(), "check-glossary-"));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  write("docs/glossary.md", GLOSSARY);
  for (const [language, text] of [
    ["en-US", english],
    ["de", german],
  ] as const) {
    write(`nodes/locales/${language}/node.json`, JSON.stringify({ label: { one: text } }));
    write(`nodes/locales/${language}/node.html`, `<h3>Details</h3>\n<p>\n  ${text}\n</p>`);
  }
  const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
  rmSync(root, { recursive: true });
  assert.equal(status, stderr === "" ? 0 : 1);
  return stderr;
}

describe("scripts/check-glossary", () => {
  for (const [what, english, german] of [
    ["the term in another number and case", "All sessions hang up", "Alle Sitzungen auflegen"],
    ["a longer term, which is not also the shorter one", "Session events", "Ereignisse"],
    ["a name that holds a term", 'Set msg.session, --session or "session"', "msg.session, --session oder „session“ setzen"],
    ["a language that may do what another may not", "Du", "Sie"],
  ] as const) {
    it(`accepts ${what}`, () => assert.equal(check(english, german), ""));
  }

  for (const [what, english, german, complaint] of [
    ["another word for a term", "The session ends", "Die Verbindung endet", /"session" should be Sitzung: Die Verbindung endet/],
    ["a shorter term beside the longer one", "A session has session events", "Ereignisse gibt es", /"session" should be Sitzung/],
    ["another form of a term in several words", "It hangs up", "Es beendet", /"hang up, hangs up" should be auflegen, legt/],
    ["a text that is missing", "A session", "", /"session" should be Sitzung/],
    ["what a language avoids", "Choose", "Wählen Sie eins", /en Sie : no address/],
  ] as const) {
    it(`finds ${what}, in a label and in a help page`, () => {
      const complaints = check(english, german).trimEnd().split("\n");
      assert.deepEqual(
        complaints.map((line) => line.split(":", 1)[0]),
        ["nodes/locales/de/node.html, text 2", "nodes/locales/de/node.json, label.one"],
      );
      for (const line of complaints) assert.match(line, complaint);
    });
  }

  it("reads a line of a help page that markup interrupts as one text", () => {
    assert.equal(check("The <b>session</b> hangs\n up", "Die <b>Sitzung</b> legt\n auf"), "");
    assert.match(check("The <b>session</b> hangs\n up", "Die <b>Sitzung</b> endet"), /node\.html, text 2: "hang up, hangs up"/);
  });

  it("reads no code in a help page", () => assert.match(check("<code>session</code>", "<code>x</code>"), /node\.json/));
});
