import { losesNoWord } from "../support/loses-no-word";

describe("not a word lost, with the voice gate", () => losesNoWord({ open: "speech" }, [12, 33]));

describe("not a word lost, with formatted turns", () => losesNoWord({ model: "universal-streaming-english", formatTurns: true }, [12, 33]));
