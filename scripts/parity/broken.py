"""Lines that can't be read, can't be used, or are written unusually, of many kinds.

What an engine reads otherwise than the other it reads so in silence: these lines are
where two readers of CSV, two casts and two kinds of patterns disagree.
"""

from __future__ import annotations

from pathlib import Path

# By table: a kind, and lines as they stand in the file. Ids are those that no generated
# package has, or those of its first rows where a second row is meant.
LINES: dict[str, dict[str, list[bytes]]] = {
    "products": {
        "too few cells": [b"90001,Rioja,28"],
        "too many cells": [b"90002,Rioja, red,28,5{price}"],
        "an open quote": [b'90003,"Rioja,28,5{price}'],
        "an open quote after a blank": [b'90004, "Rioja,28,5{price}'],
        "text after a closing quote": [b'90005,"Rioja" red,28,5{price}'],
        "a quote in mid-cell": [
            b'90006,Rio"ja,28,5{price}',
            b'90007,5" pie,28,5{price}',
        ],
        "doubled quotes": [b'90008,"Rioja ""old"" red",28,5{price}'],
        "quotes escaped by backslashes": [b'90009,"Rioja \\"old\\" red",28,5{price}'],
        "a backslash at the end of a cell": [b"90010,Rioja\\,28,5{price}"],
        "a line end in quotes": [b'90011,"Rioja\nold",28,5{price}'],
        "two line ends in quotes": [b'90012,"Rioja\r\n\r\nold",28,5{price}'],
        "a comma in quotes": [b'90013,"Rioja, old",28,5{price}'],
        "an empty quoted cell": [b'90014,"",28,5{price}', b'90015,,"28","5"{price}'],
        "only commas": [b",,,,", b",,,"],
        "blanks only": [b"   ", b"\t"],
        "an empty line": [b"", b""],
        "the header once more": [
            b"product_id,product_name,aisle_id,department_id{title}"
        ],
        "characters beyond ASCII": ["90017,Crème 李 😀,28,5{price}".encode()],
        "blanks of other kinds": [
            "90018,\u00a0Ri\u00a0oja \t x\u3000,28,5{price}".encode(),
            "\u00a090019,Rioja,28,5{price}".encode(),
        ],
        "entities": [
            b"90020,Fish &amp; Chips,28,5{price}",
            b"90021,A&#8217;s &eacute; &EACUTE; &nosuch; &amp &#x1F600; &,28,5{price}",
            b"90022,&amp;amp; &lt;b&gt; &#0; &#150; &#1114112; &notit;,28,5{price}",
        ],
        "a spreadsheet's errors": [
            b"90023,#NAME?,28,5{price}",
            b"90024,#N/A,28,5{price}",
        ],
        "patterns' characters": [b"90025,100% $1 \\1 [x] (y|z) _ 'q' ^.*,28,5{price}"],
        "ids of other forms": [
            b"90026.0,Rioja,28,5{price}",
            b"+90027,Rioja,028,05{price}",
            b" 90028 ,Rioja, 28 ,5 {price}",
            b"9003e1,Rioja,28,5{price}",
            b"0x15FBF,Rioja,28,5{price}",
            b'"90,031",Rioja,28,5{price}',
            b"90 032,Rioja,28,5{price}",
            b"90.033,Rioja,28,5{price}",
            b"99999999999999999999,Rioja,28,5{price}",
            b"2147483648,Rioja,28,5{price}",
            b"-3,Rioja,28,5{price}",
            b"-0,Rioja,28,5{price}",
            b"90034.5,Rioja,28,5{price}",
            b"90035f,Rioja,28,5{price}",
            b"90036L,Rioja,28,5{price}",
            b"NaN,Rioja,28,5{price}",
            b"Infinity,Rioja,28,5{price}",
            b"true,Rioja,28,5{price}",
            b"1_000,Rioja,28,5{price}",
            "\uff19\uff10\uff10\uff13\uff17,Rioja,28,5{price}".encode(),
        ],
        "words for a missing value": [
            b"90038,NULL,28,5{price}",
            b"90039,\\N,28,5{price}",
            b"90040,Rioja,NA,5{price}",
            b"90041,<NA>,28,5{price}",
        ],
        "the same id twice": [b"90042,Rioja,28,5{price}", b"90042,Cava,28,5{price}"],
        "the same row twice": [b"90043,Rioja,28,5{price}", b"90043,Rioja,28,5{price}"],
        "a customer's row": [
            b"90044,Ada,Byron,Female,Ohio,30,1/31/2017,1,married,50000"
        ],
        "a NUL byte": [b"90045,Rio\x00ja,28,5{price}"],
        "names that sort by case and accent": [
            b"90046,rioja,28,5{price}",
            b"90047,RIOJA,28,5{price}",
            "90048,Ríoja,28,5{price}".encode(),
        ],
    },
    "prices": {
        "prices of other forms": [
            b"90101,Cava,28,5,$4.50",
            b"90102,Cava,28,5,4.505",
            b'90103,Cava,28,5,"4,50"',
            b'90104,Cava,28,5,"1,299.00"',
            b"90105,Cava,28,5,1e1",
            b"90106,Cava,28,5,0.005",
            b"90107,Cava,28,5,100",
            b"90108,Cava,28,5,100.01",
            b"90109,Cava,28,5,-1",
            b"90110,Cava,28,5,NaN",
            b"90111,Cava,28,5,inf",
            b"90112,Cava,28,5,4.50 USD",
            "90113,Cava,28,5,4.50 €".encode(),
            b"90114,Cava,28,5,",
            b"90115,Cava,28,5,99999999999999999999999999",
            b"90116,Cava,28,5,.5",
            b"90117,Cava,28,5,5.",
        ],
    },
    "orders": {
        "too few cells": [b"9000001,1,prior,4,1,10"],
        "too many cells": [b"9000002,1,prior,4,1,10,15.0,x"],
        "quoted cells": [b'"9000003","9000001","prior","1","1","10",""'],
        "numbers of other forms": [
            b"9000004.0,9000001.0, PRIOR ,02,1.0,8,15",
            b'9000005,9000001,prior,3,1,+10,"15,0"',
            b"9000006,9000001,prior,4,1,10,1.5",
            b"9000007,9000001,prior,5,7,10,15.0",
            b"9000008,9000001,prior,6,1,24,15.0",
            b"9000009,9000001,prior,7,1,10:30,15.0",
            b"9000010,9000001,prior,0,1,10,15.0",
            b"9000011,9000001,prior,8,1,10,31.0",
            b"9000012,9000001,prior,9,1,10,-2",
            b"9000013,9000001,validation,9,1,10,3.0",
            b"9000014,9000001,,9,1,10,3.0",
            b"9000015,,prior,9,1,10,3.0",
        ],
        "words and numbers for missing days": [
            b"9000016,9000002,prior,1,1,10,N/A",
            b"9000017,9000002,prior,2,1,10,-1.0",
            b"9000018,9000002,prior,3,1,10,999",
            b"9000019,9000002,prior,4,1,10,\\N",
        ],
        "the same order twice": [
            b"9000020,9000003,prior,1,1,11,",
            b"9000020,9000003,prior,1,1,10,",
            b"9000020,9000003,prior,1,1,10,",
        ],
        "a customer's row": [b"17,Ada,Byron,Female,Ohio,30,1/31/2017"],
        "a semicolon for a comma": [b"9000021;1;prior;4;1;10;15.0"],
    },
    "order_products": {
        "too few cells": [b"1,13,4"],
        "too many cells": [b"1,13,4,0,0"],
        "numbers of other forms": [
            b"9000003,1.0,1.0,0.0",
            b"9000003, 2 ,02,True",
            b"9000003,3,3,no",
            b"9000003,4,0,0",
            b"9000003,5,4,2",
            b"9000003,6,5,maybe",
            b"9000003,7.5,6,0",
            b"9000003,,7,0",
        ],
        "of an unknown order": [b"9999999,1,1,0"],
        "of an unknown product": [b"9000003,99999,8,0"],
        "the same product twice": [
            b"9000020,1,1,0",
            b"9000020,1,1,0",
            b"9000020,1,2,1",
            b"9000020,01,2,1",
        ],
        "blanks only": [b"  ", b""],
        "quoted cells": [b'"9000004","1","1","0"'],
    },
    "customers": {
        "a whole row": [b"9000001,Ada,Byron,Female,Ohio,30,1/31/2017,1,married,50000"],
        "too few cells": [b"9000101,Ada,Byron,Female"],
        "too many cells": [
            b"9000102,Ada,Byron,Jr,Female,Ohio,30,1/31/2017,1,married,50000"
        ],
        "an open quote": [
            b'9000103,"Ada,Byron,Female,Ohio,30,1/31/2017,1,married,50000'
        ],
        "a line end in quotes": [
            b'9000104,"Ada\nBeth",Byron,Female,Ohio,30,1/31/2017,1,married,50000'
        ],
        "values of other forms": [
            b"9000105,Ada,Byron,F,oh,30.0,2017-01-31,1.0,MARRIED,50000.0",
            b'9000106,Ada,Byron, male ,new  york,30,1/31/2017,1,MARRIED ,"50,000"',
            b"9000107,Ada,Byron,Female,Nowhere,30,1/31/2017,1,engaged,$50000",
            b"9000108,Ada,Byron,Female,Ohio,30,20170131,1,single,50000",
            b"9000109,Ada,Byron,Female,Ohio,30,1/31/2017 10:30:00,1,single,50000",
        ],
        "values beyond bounds": [
            b"9000110,Ada,Byron,Female,Ohio,121,1/31/2017,1,married,50000",
            b"9000111,Ada,Byron,Female,Ohio,-1,1/31/2017,1,married,50000",
            b"9000112,Ada,Byron,Female,Ohio,30,2/30/2017,1,married,50000",
            b"9000113,Ada,Byron,Female,Ohio,30,1/31/17,1,married,50000",
            b"9000114,Ada,Byron,Female,Ohio,30,1/31/2017,-1,married,50000",
            b"9000115,Ada,Byron,Female,Ohio,30,1/31/2017,1,married,-50000",
            b"9000116,Ada,Byron,Woman,Ohio,30,1/31/2017,1,married,50000",
            b"9000117,Ada,Byron,Female,Ohio,thirty,1/31/2017,1,married,50000",
            b"9000118,Ada,Byron,Female,Ohio,30,tomorrow,1,married,12k",
        ],
        "the same customer twice": [
            b"9000119,Ada,Byron,Female,Ohio,30,1/31/2017,1,married,50000",
            b"9000119,Ada,King,Female,Ohio,30,1/31/2017,1,married,50000",
            b"9000119,Ada,Byron,Female,Ohio,31,1/31/2017,1,married,50000",
        ],
        "nothing known": [b"9000002,,,,,,,,,", b"9000003,NA,NA,NA,NA,NA,NA,NA,NA,NA"],
    },
    "departments": {
        "too few cells": [b"90"],
        "no name": [b"91,"],
        "the same department twice": [b"5,spirits"],
        "an id that is no number": [b"x,wines"],
    },
    "aisles": {
        "an open quote": [b'900,"wines'],
        "the same aisle twice": [b"28,wines", b"28,wines"],
        "blanks": [b"901,   "],
    },
}
FILES = {
    "products": "products.csv",
    "prices": "products.csv",
    "orders": "orders.csv",
    "order_products": ("orders_products_prior.csv", "order_products__train.csv"),
    "customers": "customers.csv",
    "departments": "departments.csv",
    "aisles": "aisles.csv",
}


def kinds() -> list[str]:
    """What is wrong with some lines, with the table they belong to."""
    return [f"{table}: {kind}" for table, found in LINES.items() for kind in found]


def add_broken_lines(folder: Path) -> None:
    """Add the lines of every kind to the files of a generated package.

    To those it has: Kaggle's has no customers and no prices, and the departments of the
    course's are a single row.
    """
    has_prices = b"prices" in (folder / "products.csv").read_bytes().partition(b"\n")[0]
    for table, found in LINES.items():
        names = FILES[table]
        for name in [names] if isinstance(names, str) else names:
            path = folder / name
            if not path.exists() or (table == "prices" and not has_prices):
                continue
            if table == "departments" and b",2," in path.read_bytes()[:40]:
                continue
            lines = [
                line.replace(b"{price}", b",18.0" if has_prices else b"").replace(
                    b"{title}", b",prices" if has_prices else b""
                )
                for kind in found.values()
                for line in kind
            ]
            with path.open("ab") as file:
                file.writelines(line + b"\n" for line in lines)
