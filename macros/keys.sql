{% macro composite_key(first_id, second_id) -%}
    cast({{ first_id }} as bigint) * 4294967296 + {{ second_id }}
{%- endmacro %}


{% macro order_product_key() -%}
    {{ composite_key('order_id', 'product_id') }}
{%- endmacro %}
