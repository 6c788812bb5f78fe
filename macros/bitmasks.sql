{% macro bitmask_columns(group) -%}
    {%- set count = {'department': 1, 'price_range': 1, 'aisle': 3}[group] -%}
    {%- set columns = [] -%}
    {%- for number in range(count) -%}
        {%- do columns.append(group ~ '_bitmask_' ~ (number + 1)) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{% macro bit_count(group) -%}
    {{ return(bitmask_columns(group) | length * 63) }}
{%- endmacro %}


{% macro check_price_range_count() -%}
    {#- One bit is left for products without a price. -#}
    {%- set most = bit_count('price_range') - 1 -%}
    {%- if labels('price_range') | length > most -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected price_range to list at most " ~ most
            ~ " labels, found " ~ labels('price_range') | length
            ~ "; merge some of them."
        ) }}
    {%- endif -%}
{%- endmacro %}


{% macro bitmask_of(group, position) -%}
    {%- for column in bitmask_columns(group) %}
    case
        when floor({{ ratio(position, 63) }}) = {{ loop.index0 }}
            then cast(1 as bigint) << cast({{ position }} % 63 as integer)
        else 0
    end as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}


{% macro bitmask_union(group, rows) -%}
    {%- for column in bitmask_columns(group) %}
    bit_or({{ rows }}.{{ column }}) as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}


{% macro bitmasks_overlap(group, set_a, set_b) -%}
    {%- set parts = [] -%}
    {%- for column in bitmask_columns(group) -%}
        {%- do parts.append('(' ~ set_a ~ '.' ~ column ~ ' & ' ~ set_b ~ '.' ~ column ~ ')') -%}
    {%- endfor -%}
    ({{ parts | join(' | ') }}) <> 0
{%- endmacro %}
