import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { agreed } from "../../../check/ask";

function ask(answer: string | undefined): Promise<boolean> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answered = agreed("Go on? ", input, output, () => undefined);
  input.end(answer);
  return answered;
}

describe("agreed", () => {
  it("takes y and yes only", async () => {
    for (const answer of ["y\n", "YES\n", " yes \n"]) assert.equal(await ask(answer), true, answer);
    for (const answer of ["\n", "n\n", "yesterday\n", "ja\n"]) assert.equal(await ask(answer), false, answer);
  });

  it("takes the end of the input for a no", async () => {
    assert.equal(await ask(undefined), false);
  });
});
