export const UNDERSTOOD =
  'This is offline/rlm, a rule program and no language model. It understands: how many lines, files or times contain "X"; ' +
  'which lines or files contain "X"; what the magic number for X is; how often each label occurs, which is the most or the ' +
  'least common, over lines `date | user: U | label: L | text`; pairs of users with these labels; which packages declare ' +
  'one licence and ship another; N names of a category with the number of a letter in each.';
