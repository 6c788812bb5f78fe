{#- Rows of data_quality.conditions_in_force, as tuples of values. -#}

{#- The rows of a column, numbered in the order in which its conditions are tried.

    column: its name.
    rows: for each label the label, what its condition is on, and the condition. -#}
{% macro condition_rows(column, rows) -%}
    {%- for label, measure, condition in rows -%}
    (
        {{ text_literal(column) }},
        {{ loop.index }},
        {{ text_literal(label) }},
        {{ text_literal(measure) }},
        {{ text_literal(condition) }}
    )
    {%- if not loop.last %},
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- The rows of a flag whose labels and conditions stand in the vars, as label and
    behaviour_label try them.

    flag: the var, and the column.
    measure: what its conditions are on, in words.
    is_behaviour: whether customers without analysed orders have a label of their own.
    is_knowable: whether it can never read Unknown. -#}
{% macro flag_conditions(flag, measure, is_behaviour=false, is_knowable=false) -%}
    {%- set rows = [] -%}
    {%- if is_behaviour -%}
    {%- do rows.append([var('no_orders_label'), 'order_count', '= 0']) -%}
    {%- endif -%}
    {%- if not is_knowable -%}
    {%- set unknown = 'is null'
        ~ (', or there are no quartiles' if 'quartile' in var(flag) | string else '') -%}
    {%- do rows.append([var('unknown_label'), measure, unknown]) -%}
    {%- endif -%}
    {%- for label, condition in var(flag) -%}
    {%- do rows.append([label, measure, condition]) -%}
    {%- endfor -%}
    {{ condition_rows(flag, rows) }}
{%- endmacro %}


{#- The rows of a column that is true or false.

    column: its name.
    measure: what the condition is on, in words.
    condition: when it is true.
    unknown: when it is null, if it can be; it then reads Unknown in segment reports. -#}
{% macro truth_conditions(column, measure, condition, unknown=none) -%}
    {%- set rows = [['true', measure, condition], ['false', measure, 'otherwise']] -%}
    {%- if unknown -%}
    {%- do rows.insert(0, [var('unknown_label'), measure, unknown]) -%}
    {%- endif -%}
    {{ condition_rows(column, rows) }}
{%- endmacro %}


{#- A bound as text, without needless zeros: 61718, 0.428571.

    bound: a number. -#}
{% macro bound_text(bound) -%}
    trim(trailing '.' from trim(trailing '0' from
        cast(cast({{ bound }} as decimal(18, 6)) as string)
    ))
{%- endmacro %}


{#- The number that a condition begins with, after its operator: 40 of > 40; null where
    there is none.

    condition: a column of text. -#}
{% macro leading_bound(condition) -%}
    cast(
        nullif(regexp_extract({{ condition }}, '^[<>=]+ ([0-9.]+)', 1), '') as double
    )
{%- endmacro %}
