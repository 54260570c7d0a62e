import { expect, test } from 'vitest'
import { breaking } from '../support/biome.ts'

const rooms = [
  'infra',
  'services/worker',
  'ops/target',
  'local/broker',
  'client/src',
  'test/ops',
  'lab/faults',
]

/** Each a circle: of values, of types, of both through a third file, and with an import at run time. */
const circles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  values: {
    one: "import { other } from './other.ts'\nexport const one = () => other\n",
    other: "import { one } from './one.ts'\nexport const other = () => one\n",
  },
  types: {
    one: "import type { Other } from './other.ts'\nexport type One = Other[]\n",
    other: "import type { One } from './one.ts'\nexport type Other = { one: One }\n",
  },
  mixed: {
    one: "import { two } from './two.ts'\nexport const one = () => two\n",
    two: "import { type Three, three } from './three.ts'\nexport const two: Three = three\n",
    three: "import type { one } from './one.ts'\nexport type Three = typeof one\nexport const three = 3\n",
  },
  late: {
    one: "export const one = () => import('./other.ts')\n",
    other: "import { one } from './one.ts'\nexport const other = () => one\n",
  },
}
const straight = {
  one: "import type { Other } from './other.ts'\nexport type One = Other[]\n",
  other: 'export type Other = string\n',
}

function filesOf(folder: string, parts: Readonly<Record<string, string>>) {
  return Object.entries(parts).map(([name, text]) => [`${folder}/${name}.ts`, text] as const)
}

test('biome.json refuses circles of imports, type imports included, in every room', () => {
  const inCircles = rooms.flatMap((room) =>
    Object.entries(circles).flatMap(([kind, parts]) => filesOf(`${room}/${kind}`, parts)),
  )
  const others = rooms.flatMap((room) => filesOf(`${room}/straight`, straight))
  const found = breaking('suspicious/noImportCycles', new Map([...inCircles, ...others]))
  expect([...found].toSorted()).toEqual(inCircles.map(([file]) => file).toSorted())
})
