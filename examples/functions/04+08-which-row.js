/**
 * Finds the first row of the table whose words are all in the sentence. Capitals, accents and punctuation do not matter.
 *
 * In: payload, a sentence; rules, the table. A row is words | topic | payload, and for Home Assistant | service | data. NUMBER in a row is
 * the first number of the sentence; such a row fits only a sentence that has one.
 * Output 1: what the row says. Output 2: the sentence that no row fits.
 */
module.exports = function (msg, node) {
  const plain = (text) => {
    const letters = text.normalize("NFD").toLowerCase().replaceAll(/\p{M}/gu, "").replaceAll("°", " ° ");
    return ` ${letters.replaceAll(/[^\p{L}\p{N}°]+/gu, " ").trim()} `;
  };
  const sentence = plain(msg.payload);
  const number = /\d+([.,]\d+)?/.exec(msg.payload)?.[0].replace(",", ".");
  const isHeard = (words) => words.split("/").some((word) => sentence.includes(plain(word)));
  const fits = (row) => (number !== undefined || !row.includes("NUMBER")) && row.split("|")[0].split(",").every(isHeard);

  const rows = msg.rules.split("\n").filter((row) => row.trim() !== "" && !row.trim().startsWith("#"));
  const row = rows.find(fits);
  if (row === undefined) return [null, msg];
  const [, topic, payload, service, data] = row.split("|").map((column) => column.trim().replaceAll("NUMBER", number));
  try {
    if (!topic || payload === undefined) throw new Error("topic and payload are missing");
    return [{ topic, payload, service, data: data ? JSON.parse(data) : undefined, text: msg.payload }, null];
  } catch (error) {
    node.error(`This row of the table cannot be used (${error.message}): ${row}`, msg);
  }
};
