/** What the demo asks, and over what. */
export const QUESTION =
  'Which installed packages declare one licence in their package.json but ship the text of another one, or none at all? ' +
  'A package is a folder in node_modules that has a package.json; its texts are the LICENSE and COPYING files beside it. ' +
  'Answer with a list of {package, version, declares, ships}, sorted by package.';

/** Some packages write the file's name in small letters, or as the British do. */
export const CONTEXTS = [
  'node_modules/**/package.json',
  'node_modules/**/{LICENSE,LICENCE,License,Licence,license,licence,COPYING,copying,UNLICENSE}*',
];
