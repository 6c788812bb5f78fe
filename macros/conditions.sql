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


{% macro boolean_conditions(column, measure, condition, unknown=none) -%}
    {%- set rows = [['true', measure, condition], ['false', measure, 'otherwise']] -%}
    {%- if unknown -%}
    {%- do rows.insert(0, [var('unknown_label'), measure, unknown]) -%}
    {%- endif -%}
    {{ condition_rows(column, rows) }}
{%- endmacro %}


{% macro bound_text(bound) -%}
    trim(trailing '.' from trim(trailing '0' from
        cast(cast({{ bound }} as decimal(18, 6)) as string)
    ))
{%- endmacro %}


{% macro leading_bound(condition) -%}
    cast(
        nullif({{ part_of(condition, '^[<>=]+ ([0-9.]+)', 1) }}, '') as double
    )
{%- endmacro %}
