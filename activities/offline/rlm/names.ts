/** What `offline/rlm` "knows": it was written down here, as a model's knowledge was trained into it. */

const NAMES: { [category: string]: string } = {
  fruits:
    'apple apricot avocado banana bilberry blackberry blackcurrant blueberry boysenberry cantaloupe cherry clementine ' +
    'cloudberry coconut cranberry currant damson date dragonfruit durian elderberry fig gooseberry grape grapefruit guava ' +
    'honeydew jackfruit kiwi kumquat lemon lime loganberry lychee mandarin mango mulberry nectarine orange papaya ' +
    'passionfruit peach pear persimmon pineapple plum pomegranate raspberry strawberry watermelon',
  countries:
    'Argentina Armenia Australia Austria Belgium Bolivia Brazil Bulgaria Cameroon Canada Chile Colombia Croatia Cyprus ' +
    'Denmark Ecuador Egypt Estonia Finland France Germany Ghana Greece Hungary Iceland India Indonesia Ireland Italy Japan ' +
    'Jordan Kenya Latvia Lebanon Madagascar Mexico Morocco Netherlands Nigeria Norway Peru Poland Portugal Romania Rwanda ' +
    'Serbia Spain Sweden Turkey Uruguay',
  animals:
    'alligator antelope armadillo badger bear beaver buffalo camel cheetah chimpanzee crocodile deer dolphin eagle elephant ' +
    'ferret flamingo fox frog giraffe gorilla hamster hare hedgehog horse hyena kangaroo koala leopard lion lizard lynx ' +
    'meerkat moose octopus ostrich otter panda panther parrot penguin porcupine rabbit raccoon rhinoceros squirrel tiger ' +
    'turtle walrus zebra',
};

/** At most `count` names of a category; fewer when not so many are known, none of a category that is unknown. */
export function namesOf(category: string, count: number): string[] {
  return (NAMES[category] ?? '').split(' ').filter(Boolean).slice(0, count);
}

/** How often a letter stands in a word, whatever their case. */
export function letterCount(word: string, letter: string): number {
  return word.toLowerCase().split(letter.toLowerCase()).length - 1;
}
